import type { ReadonlyHeaders } from "./dialect.js";
import { type ErrorCode, type ErrorFacts, ParlanceError } from "./errors.js";
import { retryAfterMs } from "./retry-after.js";

/** What a provider's body said of its refusal, as far as it said anything. */
export interface ProviderWords {
  /** For a person. Absent or empty means that the body told nothing readable. */
  readonly message?: string | undefined;
  /** The provider's own code, such as `context_length_exceeded`. */
  readonly code?: string | undefined;
  /** The provider's own word for the kind of error, such as `invalid_request_error`. */
  readonly type?: string | undefined;
  /** The field at fault. */
  readonly field?: string | undefined;
}

/** The body as it came, to be given unchanged to a caller of the same dialect. */
export interface RawAnswer {
  readonly dialect: string;
  readonly body: Buffer;
}

/**
 * The error of the table for a provider's refusal by HTTP status: every dialect's `decodeError` ends here.
 * `answer` is kept for statuses that speak of the caller's own request (400, 404, 413, 422) and for no others,
 * when it is JSON.
 */
export function errorFromStatus(
  status: number,
  headers: ReadonlyHeaders,
  words: ProviderWords,
  answer?: RawAnswer,
): ParlanceError {
  const code = codeOf(status, words);
  const facts: ErrorFacts = { providerStatus: status };
  if (words.field) facts.field = words.field;
  if (words.code) facts.providerCode = words.code;
  if (words.type) facts.providerType = words.type;
  const wait = retryAfterMs(headers, status);
  if (wait !== undefined) facts.retryAfterMs = wait;
  if (answer !== undefined && OF_THE_REQUEST.has(status) && code !== "provider_unauthenticated" && isJson(answer)) {
    facts.answer = { ...answer, status, contentType: headers["content-type"] ?? "" };
  }
  return new ParlanceError(code, messageOf(code, status, words), facts);
}

/**
 * The error of the table for an error that a provider tells inside a stream, after it has answered with 200.
 * `status`: where the event names one.
 */
export function errorFromEvent(words: ProviderWords, status?: number): ParlanceError {
  const told = status !== undefined && status >= 400 && status <= 599;
  const known = told ? status : (STATUS_OF_WORD[words.code ?? ""] ?? STATUS_OF_WORD[words.type ?? ""] ?? 500);
  const error = errorFromStatus(known, {}, words);
  // The status is ours, not one that the provider answered with.
  return told ? error : new ParlanceError(error.code, error.message, { ...error.facts, providerStatus: undefined });
}

/** A page of a proxy, or of a server that is no provider at all, is not in the caller's dialect. */
function isJson({ body }: RawAnswer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

const OF_THE_REQUEST: ReadonlySet<number> = new Set([400, 404, 413, 422]);

/** Words by which errors inside streams are known, where no status comes with them. */
const STATUS_OF_WORD: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  tool_use_failed: 400,
  content_filter: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  overloaded_error: 529,
  service_unavailable: 503,
  timeout_error: 504,
};

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "provider_unauthenticated",
  // The account behind the gateway's credential is empty: as little the caller's doing as a wrong key.
  402: "provider_unauthenticated",
  403: "provider_unauthenticated",
  404: "not_found",
  408: "provider_timeout",
  413: "request_too_large",
  429: "provider_rate_limited",
  503: "provider_overloaded",
  504: "provider_timeout",
  529: "provider_overloaded",
};

function codeOf(status: number, words: ProviderWords): ErrorCode {
  const known = CODE_OF_STATUS[status];
  if (status === 404) return isUnknownModel(words) ? "model_not_found" : "not_found";
  if (status === 413) return isTooLong(words) ? "context_length_exceeded" : "request_too_large";
  if (known !== undefined) return known;
  if (status < 400 || status >= 500) return "provider_error";
  if (status === 409) return "provider_error";
  if (isTooLong(words)) return "context_length_exceeded";
  if (isFiltered(words)) return "content_filtered";
  if (isBadCredential(words)) return "provider_unauthenticated";
  if (isUnknownModel(words)) return "model_not_found";
  return "invalid_request";
}

const TOO_LONG_CODES = new Set([
  "context_length_exceeded",
  "string_above_max_length",
  "too_many_tokens",
  "too_many_prompt_tokens",
]);
// Every provider has another sentence for it; these are the ones that were seen on the wire.
const TOO_LONG =
  /prompt is too long|maximum context length|context window|context length|context_length|too many (?:prompt )?tokens|input is too long|input token count .* exceeds|exceeds the maximum number of (?:input )?tokens|maximum prompt length|reduce the length of the (?:messages|prompt|input)|exceeds? (?:the )?(?:available|model'?s?) context/i;

function isTooLong({ code, type, message }: ProviderWords): boolean {
  return (
    TOO_LONG_CODES.has((code ?? "").toLowerCase()) ||
    TOO_LONG_CODES.has((type ?? "").toLowerCase()) ||
    TOO_LONG.test(message ?? "")
  );
}

const FILTERED_CODES = new Set(["content_filter", "content_policy_violation", "responsibleaipolicyviolation"]);

function isFiltered({ code, type }: ProviderWords): boolean {
  return FILTERED_CODES.has((code ?? "").toLowerCase()) || FILTERED_CODES.has((type ?? "").toLowerCase());
}

const CREDENTIAL_CODES = new Set(["invalid_api_key", "api_key_invalid", "authentication_error"]);
const BAD_CREDENTIAL = /(?:incorrect|invalid) api key|api key not valid|invalid x-api-key/i;

/** Some providers refuse a wrong key with 400. */
function isBadCredential({ code, type, message }: ProviderWords): boolean {
  return (
    CREDENTIAL_CODES.has((code ?? "").toLowerCase()) ||
    CREDENTIAL_CODES.has((type ?? "").toLowerCase()) ||
    BAD_CREDENTIAL.test(message ?? "")
  );
}

const UNKNOWN_MODEL_CODES = new Set(["model_not_found", "deploymentnotfound", "unknown_model", "invalid_model"]);
const UNKNOWN_MODEL = /\bmodels?\b[^.]{0,200}(?:not found|not exist|removed|not available)|^model: /i;

function isUnknownModel({ code, type, message }: ProviderWords): boolean {
  return (
    UNKNOWN_MODEL_CODES.has((code ?? "").toLowerCase()) ||
    UNKNOWN_MODEL_CODES.has((type ?? "").toLowerCase()) ||
    UNKNOWN_MODEL.test(message ?? "")
  );
}

/** Longest message that is passed on, in characters: an error page of a proxy is not for the caller. */
const MAX_MESSAGE = 4000;

function messageOf(code: ErrorCode, status: number, words: ProviderWords): string {
  const said = (words.message ?? "").trim().slice(0, MAX_MESSAGE);
  if (code === "provider_unauthenticated") {
    const why = said === "" ? "" : ` It said: ${withoutSecrets(said)}`;
    return `The provider refused the gateway's own credential (${status}); the caller's is not at fault.${why}`;
  }
  if (said !== "") return said;
  return status >= 300 && status < 400
    ? `The provider redirects (${status}), which is not followed: its base_url is another one.`
    : `The provider failed (${status}) and did not say why.`;
}

/** Providers like to quote the wrong key back, whole or with stars in its middle. */
function withoutSecrets(text: string): string {
  return text
    .replace(/(key(?: provided)?(?: is)?: )\S+/gi, "$1[hidden]")
    .replace(/\S*\*{3,}\S*|\b[a-z]{0,3}sk[-_]\S+/g, "[hidden]");
}
