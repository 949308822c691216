import type { AddedHeaders, UnsignedCall } from "@parlance/sdk";
import { AwsV4Signer } from "aws4fetch";
import type { AmazonCredentials } from "./amazon-credentials.js";

/** Name of the service in a signature. */
const SERVICE = "bedrock";

/** Keys of signatures, which hold for a day, by credentials: those that are not used any more go with theirs. */
const keys = new WeakMap<AmazonCredentials, Map<string, ArrayBuffer>>();

/**
 * Signs a call by Signature Version 4, over the bytes and the path as they are sent; the path is encoded once more within
 * the signature, as every service but S3 wants it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * `at`: when it is signed; the signature holds five minutes before and after.
 */
export async function sign(
  { method, url, headers, body }: UnsignedCall,
  credentials: AmazonCredentials,
  region: string,
  at: Date,
): Promise<AddedHeaders> {
  let cache = keys.get(credentials);
  if (cache === undefined) {
    cache = new Map();
    keys.set(credentials, cache);
  }
  const signer = new AwsV4Signer({
    method,
    url,
    // Others may be changed on the way, and need not be signed.
    headers: Object.entries(headers).filter(([name]) => name.startsWith("x-amz")),
    body: (body ?? "") as string | Buffer<ArrayBuffer>,
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
    service: SERVICE,
    region,
    datetime: at.toISOString().replace(/[:-]|\.\d{3}/g, ""),
    cache,
  });
  const { headers: signed } = await signer.sign();
  return Object.fromEntries(signed.entries());
}
