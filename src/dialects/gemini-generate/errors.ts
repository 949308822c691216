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

/** Canonical words of google.rpc.Code: https://cloud.google.com/apis/design/errors#error_model */
const STATUSES: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "INVALID_ARGUMENT",
  context_length_exceeded: "INVALID_ARGUMENT",
  unsupported: "INVALID_ARGUMENT",
  unauthenticated: "UNAUTHENTICATED",
  permission_denied: "PERMISSION_DENIED",
  model_not_found: "NOT_FOUND",
  not_found: "NOT_FOUND",
  request_too_large: "INVALID_ARGUMENT",
  content_filtered: "FAILED_PRECONDITION",
  rate_limited: "RESOURCE_EXHAUSTED",
  budget_exceeded: "RESOURCE_EXHAUSTED",
  overloaded: "UNAVAILABLE",
  provider_unauthenticated: "UNAVAILABLE",
  provider_rate_limited: "RESOURCE_EXHAUSTED",
  provider_overloaded: "UNAVAILABLE",
  provider_unavailable: "UNAVAILABLE",
  provider_error: "UNAVAILABLE",
  stream_truncated: "UNAVAILABLE",
  stream_unfinished: "UNAVAILABLE",
  stream_stalled: "DEADLINE_EXCEEDED",
  malformed_answer: "UNAVAILABLE",
  wrong_content_type: "UNAVAILABLE",
  no_healthy_target: "UNAVAILABLE",
  deadline_exceeded: "DEADLINE_EXCEEDED",
  provider_timeout: "DEADLINE_EXCEEDED",
  cancelled: "CANCELLED",
  internal: "INTERNAL",
};

const TYPE = "type.googleapis.com/google.rpc.";

/** The error as a `google.rpc.Status`, with what it is by our own word and when to come again among its details. */
export function encodeError(error: ParlanceError, requestId: string): JsonObject {
  const { retryAfterMs, field } = error.facts;
  const details: JsonObject[] = [{ "@type": `${TYPE}ErrorInfo`, reason: error.code.toUpperCase(), domain: "parlance" }];
  if (field !== undefined) {
    details.push({ "@type": `${TYPE}BadRequest`, fieldViolations: [{ field, description: error.message }] });
  }
  if (retryAfterMs !== undefined) details.push({ "@type": `${TYPE}RetryInfo`, retryDelay: `${retryAfterMs / 1000}s` });
  if (requestId !== "") details.push({ "@type": `${TYPE}RequestInfo`, requestId });
  return { error: { code: error.rule.http, message: error.message, status: STATUSES[error.code], details } };
}

/** Makes a provider's refusal into an error of the table. What it says of the request itself is kept as it came. */
export function decodeError(status: number, headers: ReadonlyHeaders, body: Buffer): ParlanceError {
  const told = toldBy(body);
  const error = errorFromStatus(status, headers, wordsOf(told), { dialect: DIALECT, body });
  const wait = retryDelayMs(told);
  if (wait === undefined || (error.facts.retryAfterMs ?? 0) >= wait) return error;
  return error.with({ retryAfterMs: wait });
}

/** The error that an event, or a body with status 200, tells. */
export function errorOfEvent(told: JsonValue | undefined): ParlanceError {
  const code = isObject(told) ? told.code : undefined;
  const error = errorFromEvent(wordsOf(told), typeof code === "number" ? code : undefined);
  const wait = retryDelayMs(told);
  return wait === undefined ? error : error.with({ retryAfterMs: wait });
}

/** The member `error` of a body; some of Google's servers wrap the body in an array. */
function toldBy(body: Buffer): JsonValue | undefined {
  try {
    const parsed = JSON.parse(body.toString("utf8")) as JsonValue;
    const first = Array.isArray(parsed) ? parsed[0] : parsed;
    if (isObject(first)) return first.error ?? first;
  } catch {
    // Not JSON: a proxy's page, of which the caller need not know.
  }
  return undefined;
}

function wordsOf(error: JsonValue | undefined): ProviderWords {
  if (typeof error === "string") return { message: error };
  if (!isObject(error)) return {};
  const reason = detail(error, "ErrorInfo")?.reason;
  const violations = detail(error, "BadRequest")?.fieldViolations;
  const [violation] = Array.isArray(violations) ? violations : [];
  const field = isObject(violation) ? violation.field : undefined;
  return {
    ...(typeof error.message === "string" && { message: error.message }),
    ...(typeof error.status === "string" && { type: error.status }),
    ...(typeof reason === "string" && { code: reason }),
    ...(typeof field === "string" && { field }),
  };
}

function detail(error: JsonObject, name: string): JsonObject | undefined {
  const details = Array.isArray(error.details) ? error.details : [];
  const found = details.find((one) => isObject(one) && one["@type"] === TYPE + name);
  return isObject(found) ? found : undefined;
}

/** `RetryInfo.retryDelay`, such as `34.4s`, in milliseconds: https://protobuf.dev/programming-guides/json/ */
function retryDelayMs(error: JsonValue | undefined): number | undefined {
  const delay = isObject(error) ? detail(error, "RetryInfo")?.retryDelay : undefined;
  if (typeof delay !== "string" || !/^\d+(?:\.\d+)?s$/.test(delay)) return undefined;
  return Math.round(Number.parseFloat(delay) * 1000);
}
