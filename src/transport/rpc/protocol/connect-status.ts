import type { IncomingHttpHeaders } from "node:http";
import { toBinary, toJson } from "@bufbuild/protobuf";
import { errorDetails, invalid } from "../../../sdk/index.js";
import type { Failure } from "./protocol.js";

/** Connect's names and HTTP statuses by gRPC's numbers (https://connectrpc.com/docs/protocol#error-codes). */
const CODES: readonly (readonly [name: string, http: number])[] = [
  ["unknown", 500],
  ["canceled", 499],
  ["unknown", 500],
  ["invalid_argument", 400],
  ["deadline_exceeded", 504],
  ["not_found", 404],
  ["already_exists", 409],
  ["permission_denied", 403],
  ["resource_exhausted", 429],
  ["failed_precondition", 400],
  ["aborted", 409],
  ["out_of_range", 400],
  ["unimplemented", 501],
  ["internal", 500],
  ["unavailable", 503],
  ["data_loss", 500],
  ["unauthenticated", 401],
];

/** The HTTP status of a unary answer. */
export function connectHttpStatus(failure: Failure): number {
  return CODES[failure.status]?.[1] ?? 500;
}

/** A failure in Connect's JSON (https://connectrpc.com/docs/protocol#error-end-stream). */
export function connectError(failure: Failure): object {
  return {
    code: CODES[failure.status]?.[0] ?? "unknown",
    message: failure.error.message,
    details: errorDetails(failure.error, failure.requestId).map(({ desc, value }) => ({
      type: desc.typeName,
      value: Buffer.from(toBinary(desc, value)).toString("base64").replace(/=+$/, ""),
      debug: toJson(desc, value),
    })),
  };
}

/** Refuses a client of a later protocol; one that names none is a script's, and welcome. Throws `invalid_request`. */
export function checkConnectVersion(headers: IncomingHttpHeaders): void {
  const version = headers["connect-protocol-version"];
  if (version === undefined || version === "1") return;
  const field = "connect-protocol-version";
  throw invalid(field, `The header ${field} must be 1, not ${JSON.stringify(version)}.`);
}
