import type { ServerResponse } from "node:http";
import { ParlanceError } from "../../../sdk/index.js";
import { INTERNAL, RpcFault, UNIMPLEMENTED } from "../rpc-fault.js";

/**
 * Bytes before each message: flags, then the length (32 bits, big-endian). The same in gRPC, gRPC-Web and streamed Connect.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 * https://connectrpc.com/docs/protocol#streaming-request
 */
export const ENVELOPE_HEAD = 5;

const COMPRESSED = 1;
// From here on a copy costs more than a second piece of a write.
const LARGE = 64 * 1024;

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

/** Messages with their heads in one buffer. */
export function seal(messages: readonly Uint8Array[]): Buffer {
  let size = 0;
  for (const message of messages) size += ENVELOPE_HEAD + message.length;
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const message of messages) at = putEnvelope(out, at, 0, message);
  return out;
}

/** One envelope with flags. */
export function sealWith(flags: number, message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(ENVELOPE_HEAD + message.length);
  putEnvelope(out, 0, flags, message);
  return out;
}

/** Writes one message; a large one without copying it. */
export function writeEnvelope(response: ServerResponse, message: Uint8Array): boolean {
  if (message.length < LARGE) return response.write(sealWith(0, message));
  const head = Buffer.allocUnsafe(ENVELOPE_HEAD);
  putHead(head, 0, 0, message.length);
  response.write(head);
  return response.write(message);
}

function putEnvelope(out: Buffer, at: number, flags: number, message: Uint8Array): number {
  putHead(out, at, flags, message.length);
  out.set(message, at + ENVELOPE_HEAD);
  return at + ENVELOPE_HEAD + message.length;
}

function putHead(out: Buffer, at: number, flags: number, length: number): void {
  out[at] = flags;
  out.writeUInt32BE(length, at + 1);
}

function cut(): ParlanceError {
  return new ParlanceError("invalid_request", "The call ended in the middle of a message.");
}
