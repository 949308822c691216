import { create, fromBinary, toJson } from "@bufbuild/protobuf";
import { BadRequestSchema, RetryInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";
import { ErrorCode, ErrorDetailSchema } from "../../../src/gen/parlance/v1/error_details_pb.js";
import { ChatRequestSchema } from "../../../src/sdk/index.js";
import {
  type Call,
  type CanonicalError,
  type ChunkJson,
  type Client,
  type CompletionJson,
  fromChunks,
  fromCompletion,
  textOf,
} from "./canonical.js";

const SERVICE = "parlance.v1.CompletionService";
// The codes of the Connect protocol by their gRPC numbers (https://connectrpc.com/docs/protocol#error-codes).
const CODES: Record<string, number> = {
  canceled: 1,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
};

interface ConnectErrorJson {
  code?: string;
  message?: string;
  details?: { type: string; value: string }[];
}

/** Connect JSON by plain fetch, framed by hand: what a script does. */
export function connectJsonClient(url: string): Client {
  const requestOf = (model: string, call: Call): string =>
    JSON.stringify({ chat: toJson(ChatRequestSchema, create(ChatRequestSchema, { ...call.chat, model })) });
  return {
    name: "Connect JSON by fetch",
    async complete(model, call) {
      const response = await fetch(`${url}/${SERVICE}/Complete`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: requestOf(model, call),
      });
      const body = (await response.json()) as { completion?: CompletionJson } & ConnectErrorJson;
      if (!response.ok) throw toCanonicalError(body);
      if (body.completion === undefined) throw new Error("an answer without a completion");
      return fromCompletion(body.completion);
    },
    async stream(model, call) {
      const response = await fetch(`${url}/${SERVICE}/StreamComplete`, {
        method: "POST",
        headers: { "content-type": "application/connect+json" },
        body: new Uint8Array(envelope(requestOf(model, call))),
      });
      const chunks: ChunkJson[] = [];
      for (const { flags, json } of envelopes(Buffer.from(await response.arrayBuffer()))) {
        if ((flags & 2) === 0) {
          chunks.push((json as { chunk: ChunkJson }).chunk);
        } else {
          const { error } = json as { error?: ConnectErrorJson };
          if (error) throw toCanonicalError(error, textOf(chunks));
          return fromChunks(chunks);
        }
      }
      throw new Error("the stream ended without an end-of-stream message");
    },
    close() {},
  };
}

function envelope(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function* envelopes(bytes: Buffer): Generator<{ flags: number; json: unknown }> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    const flags = bytes[at] as number;
    yield { flags, json: JSON.parse(bytes.toString("utf8", at + 5, at + 5 + length)) as unknown };
    at += 5 + length;
  }
}

function toCanonicalError(error: ConnectErrorJson, said?: string): CanonicalError {
  const detail = (type: string): Buffer | undefined => {
    const found = error.details?.find((candidate) => candidate.type === type);
    return found === undefined ? undefined : Buffer.from(found.value, "base64");
  };
  const own = detail("parlance.v1.ErrorDetail");
  const retry = detail("google.rpc.RetryInfo");
  const badRequest = detail("google.rpc.BadRequest");
  const delay = retry && fromBinary(RetryInfoSchema, retry).retryDelay;
  return {
    status: CODES[error.code ?? ""] ?? -1,
    code: own && ErrorCode[fromBinary(ErrorDetailSchema, own).code]?.toLowerCase(),
    field: badRequest && fromBinary(BadRequestSchema, badRequest).fieldViolations[0]?.field,
    retryAfterSeconds: delay && Number(delay.seconds) + delay.nanos / 1e9,
    message: error.message ?? "",
    said,
  };
}
