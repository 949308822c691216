import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";
import {
  type ErrorDetail,
  ErrorDetailSchema,
  type ErrorCode as ProtoErrorCode,
} from "../gen/parlance/v1/error_details_pb.js";
import { errorDetails } from "./error-details.js";
import { ERRORS, type ErrorCode, ParlanceError } from "./errors.js";

/** A status as gRPC's libraries hand it over. */
export interface RpcStatus {
  /** Number of the status, such as 14 for UNAVAILABLE. */
  readonly code: number;
  readonly message: string;
  /** The trailer `grpc-status-details-bin`. Absent means that none came. */
  readonly details: Uint8Array | undefined;
}

// Trailers have room for little, and libraries reset a call whose trailers have too much.
const MOST_MESSAGE = 1500;

/** An error as a status that tells all of it; `errorOfStatus` gives it back. */
export function statusOfError(error: ParlanceError): RpcStatus & { readonly details: Uint8Array } {
  const code = error.rule.grpc;
  const message = error.message.length > MOST_MESSAGE ? `${error.message.slice(0, MOST_MESSAGE)}…` : error.message;
  const details = errorDetails(error, "", true).map(({ desc, value }) => anyPack(desc, value));
  return { code, message, details: toBinary(StatusSchema, create(StatusSchema, { code, message, details })) };
}

/** The error that a status tells by its `ErrorDetail`; undefined where it has none that can be read. */
export function errorOfStatus({ message, details }: RpcStatus): ParlanceError | undefined {
  const detail = details && detailIn(details);
  const code = detail && CODES.get(detail.code);
  if (detail === undefined || code === undefined) return undefined;
  const { retryAfter } = detail;
  return new ParlanceError(code, message, {
    field: detail.field,
    providerCode: detail.providerCode,
    providerStatus: detail.providerStatus,
    ...(retryAfter && { retryAfterMs: Number(retryAfter.seconds) * 1000 + retryAfter.nanos / 1_000_000 }),
    ...(detail.suggestions.length > 0 && { suggestions: detail.suggestions }),
  });
}

const CODES = new Map<ProtoErrorCode, ErrorCode>(
  Object.entries(ERRORS).map(([code, rule]) => [rule.proto, code as ErrorCode]),
);

function detailIn(bytes: Uint8Array): ErrorDetail | undefined {
  try {
    for (const detail of fromBinary(StatusSchema, bytes).details) {
      const found = anyUnpack(detail, ErrorDetailSchema);
      if (found !== undefined) return found;
    }
  } catch {
    // What cannot be read tells nothing; the status and its message still do.
  }
  return undefined;
}
