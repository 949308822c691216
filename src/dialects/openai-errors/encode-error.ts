import type { ErrorCode, JsonObject, ParlanceError } from "../../sdk/index.js";

/** `type` and `code` for a code of the table. Source: https://platform.openai.com/docs/guides/error-codes/api-errors */
const WORDS: Readonly<Record<ErrorCode, { readonly type: string; readonly code: string | null }>> = {
  invalid_request: { type: "invalid_request_error", code: null },
  context_length_exceeded: { type: "invalid_request_error", code: "context_length_exceeded" },
  unsupported: { type: "invalid_request_error", code: "unsupported_parameter" },
  unauthenticated: { type: "authentication_error", code: "invalid_api_key" },
  permission_denied: { type: "permission_error", code: "permission_denied" },
  model_not_found: { type: "invalid_request_error", code: "model_not_found" },
  not_found: { type: "invalid_request_error", code: "unknown_url" },
  request_too_large: { type: "invalid_request_error", code: "request_too_large" },
  content_filtered: { type: "invalid_request_error", code: "content_filter" },
  rate_limited: { type: "rate_limit_error", code: "rate_limit_exceeded" },
  budget_exceeded: { type: "insufficient_quota", code: "insufficient_quota" },
  overloaded: { type: "overloaded_error", code: "overloaded" },
  provider_unauthenticated: { type: "api_error", code: "provider_unauthenticated" },
  provider_rate_limited: { type: "rate_limit_error", code: "rate_limit_exceeded" },
  provider_overloaded: { type: "overloaded_error", code: "provider_overloaded" },
  provider_unavailable: { type: "api_error", code: "provider_unavailable" },
  provider_error: { type: "api_error", code: "provider_error" },
  stream_truncated: { type: "api_error", code: "stream_truncated" },
  stream_unfinished: { type: "api_error", code: "stream_unfinished" },
  stream_stalled: { type: "timeout_error", code: "stream_stalled" },
  malformed_answer: { type: "api_error", code: "malformed_answer" },
  wrong_content_type: { type: "api_error", code: "wrong_content_type" },
  no_healthy_target: { type: "api_error", code: "no_healthy_target" },
  deadline_exceeded: { type: "timeout_error", code: "deadline_exceeded" },
  provider_timeout: { type: "timeout_error", code: "provider_timeout" },
  cancelled: { type: "api_error", code: "cancelled" },
  internal: { type: "api_error", code: "internal_error" },
};

/** The error as OpenAI's JSON body. What only the gateway knows is told in `error.parlance`. */
export function encodeError(error: ParlanceError, requestId: string): JsonObject {
  const { facts } = error;
  // An account without money is not a limit that passes, and the SDKs of the dialect know it by this word.
  const empty = error.code === "provider_rate_limited" && facts.providerCode === "insufficient_quota";
  const words = WORDS[empty ? "budget_exceeded" : error.code];
  const out: JsonObject = {
    message: error.message,
    type: words.type,
    param: facts.field ?? null,
    // The provider's own code is finer where ours says only that the request is wrong.
    code: facts.callerCode !== undefined ? facts.callerCode : (words.code ?? facts.providerCode ?? null),
  };
  const own = ownFacts(error, requestId);
  if (Object.keys(own).length > 0) out.parlance = own;
  return { error: out };
}

function ownFacts({ facts }: ParlanceError, requestId: string): JsonObject {
  const out: JsonObject = {};
  if (requestId !== "") out.request_id = requestId;
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
