import { connectStream } from "./connect-stream.js";
import { connectUnary } from "./connect-unary.js";
import { grpc } from "./grpc.js";
import { grpcWeb } from "./grpc-web.js";
import { jsonCodec, protoCodec } from "./message-codec.js";
import type { Protocol } from "./protocol.js";

type Row = readonly [contentType: string, protocol: Protocol];

const BOTH: readonly Row[] = [
  ["application/grpc", grpc("application/grpc", protoCodec)],
  ["application/grpc+proto", grpc("application/grpc+proto", protoCodec)],
  ["application/grpc+json", grpc("application/grpc+json", jsonCodec)],
  ["application/grpc-web", grpcWeb("application/grpc-web+proto", protoCodec, false)],
  ["application/grpc-web+proto", grpcWeb("application/grpc-web+proto", protoCodec, false)],
  ["application/grpc-web+json", grpcWeb("application/grpc-web+json", jsonCodec, false)],
  ["application/grpc-web-text", grpcWeb("application/grpc-web-text+proto", protoCodec, true)],
  ["application/grpc-web-text+proto", grpcWeb("application/grpc-web-text+proto", protoCodec, true)],
];

const UNARY = new Map<string, Protocol>([
  ...BOTH,
  ["application/json", connectUnary("application/json", jsonCodec)],
  ["application/proto", connectUnary("application/proto", protoCodec)],
]);

const STREAMED = new Map<string, Protocol>([
  ...BOTH,
  ["application/connect+json", connectStream("application/connect+json", jsonCodec)],
  ["application/connect+proto", connectStream("application/connect+proto", protoCodec)],
]);

/** What a method of each kind is asked in, for the header `accept-post`. */
export const contentTypes = { unary: [...UNARY.keys()].join(", "), streamed: [...STREAMED.keys()].join(", ") };

/** The protocol of a request by its content type; undefined when the method cannot be called so. */
export function findProtocol(contentType: string, streamed: boolean): Protocol | undefined {
  const known = streamed ? STREAMED : UNARY;
  const found = known.get(contentType);
  if (found !== undefined) return found;
  const [type = "", parameter] = contentType.toLowerCase().split(";", 2);
  if (parameter !== undefined && !/^\s*charset="?utf-?8"?\s*$/.test(parameter)) return undefined;
  return known.get(type.trim());
}
