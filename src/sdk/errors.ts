import { ErrorCode as ProtoErrorCode } from "../gen/parlance/v1/error_details_pb.js";

/** Whose doing an error is: the caller's, the gateway's, or the provider's. */
export type Fault = "caller" | "gateway" | "provider";

/** What follows from an error code. The one table; doors map from it, the attempt loop and the breaker obey it. */
export interface ErrorRule {
  /** HTTP status towards the client. */
  readonly http: number;
  /** gRPC status towards the client (https://grpc.io/docs/guides/status-codes/). */
  readonly grpc: number;
  readonly fault: Fault;
  /** Whether the same target may answer if it is asked again. */
  readonly retry: boolean;
  /** Whether the next target of the plan is to be tried. */
  readonly next: boolean;
  /** Whether the failure counts against the target's breaker. */
  readonly breaker: boolean;
  /** The same code in `parlance.v1.ErrorCode`. */
  readonly proto: ProtoErrorCode;
}

const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

const caller = (http: number, grpc: number, proto: ProtoErrorCode): ErrorRule => ({
  http,
  grpc,
  fault: "caller",
  retry: false,
  next: false,
  breaker: false,
  proto,
});
const provider = (http: number, grpc: number, retry: boolean, proto: ProtoErrorCode): ErrorRule => ({
  http,
  grpc,
  fault: "provider",
  retry,
  next: true,
  breaker: true,
  proto,
});

/** Every way in which an exchange can fail. */
export const ERRORS = {
  invalid_request: caller(400, INVALID_ARGUMENT, ProtoErrorCode.INVALID_REQUEST),
  context_length_exceeded: caller(400, INVALID_ARGUMENT, ProtoErrorCode.CONTEXT_LENGTH_EXCEEDED),
  unsupported: caller(400, INVALID_ARGUMENT, ProtoErrorCode.UNSUPPORTED),
  unauthenticated: caller(401, UNAUTHENTICATED, ProtoErrorCode.UNAUTHENTICATED),
  permission_denied: caller(403, PERMISSION_DENIED, ProtoErrorCode.PERMISSION_DENIED),
  model_not_found: caller(404, NOT_FOUND, ProtoErrorCode.MODEL_NOT_FOUND),
  not_found: caller(404, NOT_FOUND, ProtoErrorCode.NOT_FOUND),
  request_too_large: caller(413, RESOURCE_EXHAUSTED, ProtoErrorCode.REQUEST_TOO_LARGE),
  content_filtered: caller(400, FAILED_PRECONDITION, ProtoErrorCode.CONTENT_FILTERED),
  rate_limited: caller(429, RESOURCE_EXHAUSTED, ProtoErrorCode.RATE_LIMITED),
  budget_exceeded: caller(429, RESOURCE_EXHAUSTED, ProtoErrorCode.BUDGET_EXCEEDED),
  overloaded: { ...caller(503, UNAVAILABLE, ProtoErrorCode.OVERLOADED), fault: "gateway" },
  provider_unauthenticated: provider(502, UNAVAILABLE, false, ProtoErrorCode.PROVIDER_UNAUTHENTICATED),
  provider_rate_limited: {
    ...provider(429, RESOURCE_EXHAUSTED, true, ProtoErrorCode.PROVIDER_RATE_LIMITED),
    breaker: false,
  },
  provider_overloaded: provider(503, UNAVAILABLE, true, ProtoErrorCode.PROVIDER_OVERLOADED),
  provider_unavailable: provider(502, UNAVAILABLE, true, ProtoErrorCode.PROVIDER_UNAVAILABLE),
  provider_error: provider(502, UNAVAILABLE, true, ProtoErrorCode.PROVIDER_ERROR),
  stream_truncated: provider(502, UNAVAILABLE, true, ProtoErrorCode.STREAM_TRUNCATED),
  stream_unfinished: provider(502, UNAVAILABLE, true, ProtoErrorCode.STREAM_UNFINISHED),
  stream_stalled: provider(504, DEADLINE_EXCEEDED, true, ProtoErrorCode.STREAM_STALLED),
  malformed_answer: provider(502, UNAVAILABLE, true, ProtoErrorCode.MALFORMED_ANSWER),
  wrong_content_type: provider(502, UNAVAILABLE, true, ProtoErrorCode.WRONG_CONTENT_TYPE),
  no_healthy_target: { ...provider(503, UNAVAILABLE, false, ProtoErrorCode.NO_HEALTHY_TARGET), next: false },
  deadline_exceeded: caller(504, DEADLINE_EXCEEDED, ProtoErrorCode.DEADLINE_EXCEEDED),
  provider_timeout: provider(504, DEADLINE_EXCEEDED, true, ProtoErrorCode.PROVIDER_TIMEOUT),
  cancelled: caller(499, 1, ProtoErrorCode.CANCELLED),
  internal: { ...caller(500, 13, ProtoErrorCode.INTERNAL), fault: "gateway" },
} as const satisfies Record<string, ErrorRule>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERRORS;

/** One call of a target that failed, as told in the error that ends the exchange. */
export interface AttemptFailure {
  readonly target: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** HTTP status of the provider; absent when it did not answer with one. */
  readonly status?: number | undefined;
  /** Name of the credential that it was made with, where the provider has several. */
  readonly credential?: string | undefined;
  /** Milliseconds that it waited before it began; absent means that it did not. */
  readonly waitMs?: number | undefined;
  /** What followed it, and why; absent for the last. */
  readonly next?: string | undefined;
}

/** What a provider said, kept as it came in so that a caller in the same dialect can be given it unchanged. */
export interface ProviderAnswer {
  readonly dialect: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What is known of an error beside its code and message. All of it may be shown to the caller. */
export interface ErrorFacts {
  /** The field at fault, in the words of the caller's dialect. */
  field?: string | undefined;
  /** Name of the provider that failed. */
  provider?: string | undefined;
  /** The code in the words of the caller's dialect, where it is finer than the table's; null where the dialect has none. */
  callerCode?: string | null | undefined;
  /** The provider's own code. */
  providerCode?: string | undefined;
  /** The provider's own word for the kind of error. */
  providerType?: string | undefined;
  /** HTTP status of the provider. */
  providerStatus?: number | undefined;
  /** Milliseconds after which it may be worth trying again. */
  retryAfterMs?: number | undefined;
  /** Set when the plugin itself was lost, which is watched over and started again elsewhere: no breaker counts it. */
  pluginLost?: boolean | undefined;
  /** Set when the provider could not read what is sealed in the conversation. */
  sealRefused?: boolean | undefined;
  /** Names near the one that was not found. */
  suggestions?: readonly string[] | undefined;
  /** Every call that was made, in order. */
  attempts?: readonly AttemptFailure[] | undefined;
  /** The provider's answer as it came in. */
  answer?: ProviderAnswer | undefined;
  cause?: unknown;
}

const MARK = Symbol.for("parlance.error");

/**
 * The one error of the house. Anything that fails becomes one by `ParlanceError.from`.
 * Its message is for the caller: it names the field and the fix, and never holds a secret.
 */
export class ParlanceError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  // Recognised by a mark, not by class, so that a plugin with its own copy of the SDK is understood.
  readonly [MARK] = true;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "ParlanceError";
    this.code = code;
    this.facts = facts;
  }

  get rule(): ErrorRule {
    return ERRORS[this.code];
  }

  /** The same error with further facts. */
  with(facts: ErrorFacts): ParlanceError {
    const copy = new ParlanceError(this.code, this.message, { ...this.facts, ...facts });
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }

  static is(value: unknown): value is ParlanceError {
    return typeof value === "object" && value !== null && MARK in value;
  }

  /** Makes anything that was thrown into a `ParlanceError`; what is unknown is `internal`, and its text is not shown. */
  static from(value: unknown): ParlanceError {
    if (ParlanceError.is(value)) return value;
    return new ParlanceError("internal", "The gateway failed while handling the request.", { cause: value });
  }
}

/** A refusal of the caller's request that names the field. */
export function invalid(field: string, message: string): ParlanceError {
  return new ParlanceError("invalid_request", message, { field });
}
