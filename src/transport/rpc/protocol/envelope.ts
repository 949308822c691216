import { ParlanceError } from "../../../sdk/index.js";
import { INTERNAL, RpcFault, UNIMPLEMENTED } from "../rpc-fault.js";

/**
 * Bytes before each message: flags, then the length (32 bits, big-endian). The same in gRPC, gRPC-Web and streamed Connect.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 * https://connectrpc.com/docs/protocol#streaming-request
 */
export const ENVELOPE_HEAD = 5;

const COMPRESSED = 1;

/** The one message of a request, as it came. */
export interface Enveloped {
  readonly message: Buffer;
  readonly compressed: boolean;
}

/** Takes the one message out of a whole body. Throws the fault that gRPC has for what is not exactly one message. */
export function openEnvelope(body: Buffer, compression: boolean): Enveloped {
  if (body.length === 0) throw new RpcFault("invalid_request", UNIMPLEMENTED, "The call has no message; it needs one.");
  if (body.length < ENVELOPE_HEAD) throw cut();
  const flags = body[0] as number;
  if ((flags & ~COMPRESSED) !== 0) {
    throw new ParlanceError("invalid_request", `The message has flags that are not known: ${flags}.`);
  }
  const compressed = flags === COMPRESSED;
  if (compressed && !compression) {
    throw new RpcFault("invalid_request", INTERNAL, "The message is compressed, and no header says how.");
  }
  const end = ENVELOPE_HEAD + body.readUInt32BE(1);
  if (body.length < end) throw cut();
  if (body.length > end) {
    throw new RpcFault("invalid_request", UNIMPLEMENTED, "The call has more than one message; it takes one.");
  }
  return { message: body.subarray(ENVELOPE_HEAD), compressed };
}

/** One envelope with flags. */
export function seal(flags: number, content: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(ENVELOPE_HEAD + content.length);
  putHead(out, 0, flags, content.length);
  out.set(content, ENVELOPE_HEAD);
  return out;
}

/** Messages that are text, in one buffer. */
export function sealTexts(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const out = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + ENVELOPE_HEAD + size, 0));
  let at = 0;
  texts.forEach((text, i) => {
    const size = sizes[i] as number;
    putHead(out, at, 0, size);
    out.write(text, at + ENVELOPE_HEAD, size, "utf8");
    at += ENVELOPE_HEAD + size;
  });
  return out;
}

function putHead(out: Buffer, at: number, flags: number, length: number): void {
  out[at] = flags;
  out.writeUInt32BE(length, at + 1);
}

function cut(): ParlanceError {
  return new ParlanceError("invalid_request", "The call ended in the middle of a message.");
}
