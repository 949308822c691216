import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { StatusSchema } from "../../../gen/google/rpc/status_pb.js";
import { errorDetails } from "../../../sdk/index.js";
import type { Failure } from "./protocol.js";

// Clients take 8 KiB of metadata by default (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests).
// An error that is told in part is better than one that resets the call.
const MOST_MESSAGE = 1500;
const MOST_DETAILS = 4500;

/** The status of a call that ended well. */
export const GRPC_OK = { "grpc-status": "0" } as const;

/**
 * A failure as gRPC's trailers tell it (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).
 * `late`: the headers went out long before, so the request's id is told again; clients join what comes twice at once.
 */
export function grpcStatus(failure: Failure, late: boolean): Record<string, string> {
  const { status } = failure;
  let { message } = failure.error;
  let encoded = percentEncode(message);
  while (encoded.length > MOST_MESSAGE) {
    message = halve(message);
    encoded = percentEncode(message);
  }
  const trailers: Record<string, string> = {
    "grpc-status": String(status),
    "grpc-message": encoded,
  };
  if (late) trailers["x-request-id"] = failure.requestId;
  const details = packDetails(failure, message, false) ?? packDetails(failure, message, true);
  if (details !== undefined) trailers["grpc-status-details-bin"] = details;
  return trailers;
}

/** The details for a header; undefined when they are too long for one. */
function packDetails({ error, status, requestId }: Failure, message: string, brief: boolean): string | undefined {
  const details = errorDetails(error, requestId, brief).map(({ desc, value }) => anyPack(desc, value));
  const bytes = toBinary(StatusSchema, create(StatusSchema, { code: status, message, details }));
  return bytes.length > MOST_DETAILS ? undefined : Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

/**
 * Keeps visible ASCII as it is, since readers differ in what they decode, and writes the rest as the percent-encoding of
 * its UTF-8. A space at either end would not survive in a header.
 */
export function percentEncode(message: string): string {
  return message.replace(/[^\x20-\x7e]|%|^ | $/gu, (character) => {
    let out = "";
    for (const byte of Buffer.from(character)) out += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    return out;
  });
}

function halve(message: string): string {
  return `${message.slice(0, message.length / 2).replace(/[\ud800-\udbff]$/, "")}…`;
}
