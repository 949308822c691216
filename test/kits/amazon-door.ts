import { timingSafeEqual } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { Behaviour, SeenRequest } from "./upstream.js";

/** Who may come in. */
export interface DoorKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The header `authorization` that another library than the plugin's gives a request as it came in. */
export async function signatureOf(request: SeenRequest, keys: DoorKeys, region: string): Promise<string> {
  const { host, authorization: _, ...headers } = request.headers;
  const signer = new AwsV4Signer({
    method: request.method,
    url: `https://${String(host)}${request.path}`,
    headers: Object.entries(headers).filter(([name]) => name.startsWith("x-amz")) as [string, string][],
    body: request.body as Buffer<ArrayBuffer>,
    ...keys,
    service: "bedrock",
    region,
    datetime: String(headers["x-amz-date"]),
  });
  const { headers: signed } = await signer.sign();
  return String(signed.get("authorization"));
}

/** A door that lets in who has signed the request as it came in, as Amazon's does, and answers others as Amazon's does. */
export function behindDoor(keys: DoorKeys, region: string, behaviour: Behaviour): Behaviour {
  return async (request, response) => {
    const wanted = Buffer.from(await signatureOf(request, keys, region));
    const given = Buffer.from(String(request.headers.authorization));
    if (wanted.length === given.length && timingSafeEqual(wanted, given)) return behaviour(request, response);
    response.writeHead(403, {
      "content-type": "application/json",
      "x-amzn-errortype": "InvalidSignatureException:http://internal.amazon.com/coral/com.amazon.coral.service/",
    });
    response.end(JSON.stringify({ message: "The request signature we calculated does not match." }));
    return undefined;
  };
}
