import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { BadRequestSchema, RetryInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../../src/gen/google/rpc/status_pb.js";
import { ErrorCode, ErrorDetailSchema } from "../../../src/gen/parlance/v1/error_details_pb.js";
import type { CanonicalError } from "./canonical.js";

/** Reads `google.rpc.Status` with the details that the gateway promises. */
export function errorFromDetails(status: number, message: string, details: Uint8Array | undefined): CanonicalError {
  let code: string | undefined;
  let field: string | undefined;
  let retryAfterSeconds: number | undefined;
  for (const any of details === undefined ? [] : fromBinary(StatusSchema, details).details) {
    const detail = anyUnpack(any, ErrorDetailSchema);
    if (detail) code = ErrorCode[detail.code]?.toLowerCase();
    const violation = anyUnpack(any, BadRequestSchema)?.fieldViolations[0];
    if (violation) field = violation.field;
    const retry = anyUnpack(any, RetryInfoSchema)?.retryDelay;
    if (retry) retryAfterSeconds = Number(retry.seconds) + retry.nanos / 1e9;
  }
  return { status, code, field, retryAfterSeconds, message };
}
