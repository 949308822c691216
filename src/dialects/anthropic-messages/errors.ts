import {
  type ErrorCode,
  errorFromEvent,
  errorFromStatus,
  isObject,
  type JsonObject,
  type JsonValue,
  type ParlanceError,
  type ProviderWords,
  type ReadonlyHeaders,
} from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/** Words for the kinds of errors: https://platform.claude.com/docs/en/api/errors */
const TYPES: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "invalid_request_error",
  context_length_exceeded: "invalid_request_error",
  unsupported: "invalid_request_error",
  unauthenticated: "authentication_error",
  permission_denied: "permission_error",
  model_not_found: "not_found_error",
  not_found: "not_found_error",
  request_too_large: "request_too_large",
  content_filtered: "invalid_request_error",
  rate_limited: "rate_limit_error",
  budget_exceeded: "rate_limit_error",
  overloaded: "overloaded_error",
  provider_unauthenticated: "api_error",
  provider_rate_limited: "rate_limit_error",
  provider_overloaded: "overloaded_error",
  provider_unavailable: "api_error",
  provider_error: "api_error",
  stream_truncated: "api_error",
  stream_unfinished: "api_error",
  stream_stalled: "timeout_error",
  malformed_answer: "api_error",
  wrong_content_type: "api_error",
  no_healthy_target: "overloaded_error",
  deadline_exceeded: "timeout_error",
  provider_timeout: "timeout_error",
  cancelled: "api_error",
  internal: "api_error",
};

/** The wire has a status of its own for an overload, by which clients choose the class of the error. */
export const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  overloaded: 529,
  provider_overloaded: 529,
  no_healthy_target: 529,
};

/**
 * The error as the body that clients of this dialect read. What is known of it beyond its type is told in `details`,
 * whose `error_code` they read.
 */
export function encodeError(error: ParlanceError, requestId: string): JsonObject {
  const told: JsonObject = { type: TYPES[error.code], message: error.message };
  const details = detailsOf(error);
  if (Object.keys(details).length > 0) told.details = { error_code: error.facts.callerCode ?? error.code, ...details };
  return { type: "error", error: told, request_id: requestId === "" ? null : requestId };
}

function detailsOf({ facts }: ParlanceError): JsonObject {
  const out: JsonObject = {};
  if (facts.field !== undefined) out.field = facts.field;
  if (facts.provider !== undefined) out.provider = facts.provider;
  if (facts.providerStatus !== undefined) out.provider_status = facts.providerStatus;
  if (facts.providerCode !== undefined) out.provider_code = facts.providerCode;
  if (facts.suggestions !== undefined && facts.suggestions.length > 0) out.suggestions = [...facts.suggestions];
  if (facts.attempts !== undefined && facts.attempts.length > 0) {
    out.attempts = facts.attempts.map(({ target, code, message, status }) =>
      status === undefined ? { target, code, message } : { target, code, message, status },
    );
  }
  return out;
}

/** Makes a provider's refusal into an error of the table. What it says of the request itself is kept as it came. */
export function decodeError(status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  return errorFromStatus(status, headers, wordsOfBody(body), { dialect: DIALECT, body });
}

/** The error that an `error` event, or a body with status 200, tells. */
export function errorOfEvent(body: JsonObject): ParlanceError {
  return errorFromEvent(wordsOf(body.error));
}

function wordsOfBody(body: Buffer): ProviderWords {
  try {
    const parsed = JSON.parse(body.toString("utf8")) as JsonValue;
    if (isObject(parsed)) return wordsOf(parsed.error ?? parsed);
  } catch {
    // Not JSON: a proxy's page, of which the caller need not know.
  }
  return {};
}

function wordsOf(error: JsonValue | undefined): ProviderWords {
  if (typeof error === "string") return { message: error };
  if (!isObject(error)) return {};
  return {
    ...(typeof error.message === "string" && { message: error.message }),
    ...(typeof error.type === "string" && { type: error.type }),
  };
}
