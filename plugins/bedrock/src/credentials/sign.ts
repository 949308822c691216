import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { AddedHeaders, UnsignedCall } from "@parlance/sdk";
import type { AmazonCredentials } from "./amazon-credentials.js";

/** Name of the service in a signature. */
const SERVICE = "bedrock";

/**
 * Signs a call by Signature Version 4, over the bytes and the path as they are sent; the path is encoded once more within
 * the signature, as every service but S3 wants it. Amazon's own library does it, imported with the first call that is
 * signed, since those with an API key are not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * `at`: when it is signed; the signature holds five minutes before and after.
 */
export async function sign(
  { method, url, headers, body }: UnsignedCall,
  credentials: AmazonCredentials,
  region: string,
  at: Date,
): Promise<AddedHeaders> {
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    region,
    service: SERVICE,
    sha256: NodeSha256,
    // Its checksum of the body is a header that only S3 wants.
    applyChecksum: false,
  });
  const { host, protocol, pathname, searchParams } = new URL(url);
  const signed = await signer.sign(
    {
      method,
      protocol,
      hostname: host,
      path: pathname,
      query: Object.fromEntries(searchParams),
      // Others may be changed on the way, and need not be signed.
      headers: { host, ...Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz"))) },
      body: body ?? "",
    },
    { signingDate: at },
  );
  const { host: _, ...added } = signed.headers;
  return added;
}

/** SHA-256 of Node's own, in the shape that the library asks for. */
class NodeSha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  /** Never called: one hash is one object. */
  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === "string") return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
