import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Behaviour, SeenRequest } from "./upstream.js";

/** Who may come in. */
export interface DoorKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

class NodeSha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash("sha256")
        : createHmac("sha256", typeof secret === "string" ? secret : Buffer.from(secret as Uint8Array));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : Buffer.from(data as Uint8Array));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {}
}

/** The header `authorization` that Amazon's own library gives a request as it came in. */
export async function signatureOf(request: SeenRequest, keys: DoorKeys, region: string): Promise<string> {
  const [path = "", query = ""] = request.path.split("?");
  const signer = new SignatureV4({
    credentials: keys,
    region,
    service: "bedrock",
    sha256: NodeSha256,
    applyChecksum: false,
  });
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => name === "host" || name.startsWith("x-amz-")),
  ) as Record<string, string>;
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: "http:",
      hostname: String(request.headers.host),
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers,
      body: request.body,
    },
    { signingDate: dateOf(String(request.headers["x-amz-date"])) },
  );
  return String(signed.headers.authorization);
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

/** `20261121T103257Z` */
function dateOf(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
