import type { ErrorCode } from "../../../src/sdk/index.js";
import type { FaultName } from "../../kits/faults.js";
import { LONG_WAIT_SECONDS } from "../../kits/faults.js";

/** Faults that are in the address, so that no server does them. */
export type AddressFault = "refused" | "dns" | "tls-untrusted" | "tls-expected" | "tls-unexpected";

/** How an exchange ends whose only target does that. */
export type Ending =
  /** A whole answer, as it should be. */
  | { readonly is: "whole" }
  /** An error in the place of an answer; with another target that answers, nobody notices. */
  | { readonly is: "refused"; readonly code: ErrorCode; readonly retryAfterSeconds?: number }
  /** Some of the answer, and then an error: it is too late for another target. */
  | { readonly is: "broken"; readonly code: ErrorCode };

/** A row of the wall. */
export interface WallRow {
  readonly fault: FaultName | AddressFault;
  /** What the provider does. */
  readonly what: string;
  /** Undefined where it cannot happen to an answer that is not streamed. */
  readonly unary: Ending | undefined;
  readonly stream: Ending;
  /** Time limits of the provider, where the fault is one of time: by the settings' names. */
  readonly timeouts?: Readonly<Record<string, string | number>>;
}

const whole: Ending = { is: "whole" };
const refused = (code: ErrorCode, retryAfterSeconds?: number): Ending => ({
  is: "refused",
  code,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});
const broken = (code: ErrorCode): Ending => ({ is: "broken", code });

const row = (
  fault: WallRow["fault"],
  what: string,
  unary: Ending | undefined,
  stream: Ending,
  timeouts?: WallRow["timeouts"],
): WallRow => ({ fault, what, unary, stream, ...(timeouts && { timeouts }) });
/** The same whether the answer is streamed or not. */
const both = (fault: WallRow["fault"], what: string, ending: Ending, timeouts?: WallRow["timeouts"]): WallRow =>
  row(fault, what, ending, ending, timeouts);

const limited = refused("provider_rate_limited", LONG_WAIT_SECONDS);

/** Every fault, and how it ends. */
export const WALL: readonly WallRow[] = [
  both("none", "Nothing wrong.", whole),

  both("refused", "Nobody listens at its address.", refused("provider_unavailable")),
  both("dns", "Its name does not resolve.", refused("provider_unavailable")),
  both("tls-untrusted", "Its certificate is signed by nobody that is trusted.", refused("provider_unavailable")),
  both("tls-expected", "It speaks plain HTTP where TLS is expected.", refused("provider_unavailable")),
  both("tls-unexpected", "It speaks TLS where plain HTTP is expected.", refused("provider_unavailable")),
  both("not-http", "It speaks something that is not HTTP.", refused("provider_unavailable")),
  both("reset-before-headers", "It resets the connection before the headers.", refused("provider_unavailable")),
  both("closed-before-headers", "It closes the connection before the headers.", refused("provider_unavailable")),
  both("half-headers", "It resets the connection in the middle of the headers.", refused("provider_unavailable")),
  both("slow-headers", "It does not answer within `first_byte`.", refused("provider_timeout"), {
    first_byte: "1500ms",
  }),

  both("401", "401, with a key quoted in its words.", refused("provider_unauthenticated")),
  both("402", "402: its account is empty.", refused("provider_unauthenticated")),
  both("403", "403.", refused("provider_unauthenticated")),
  both("404-model", "404: it does not know the model.", refused("model_not_found")),
  both("404-path", "404, a page: it does not know the path.", refused("not_found")),
  both("408", "408.", refused("provider_timeout")),
  both("429-bare", "429.", refused("provider_rate_limited")),
  both("429-retry-after", "429 with `retry-after` in seconds.", limited),
  both("429-retry-after-date", "429 with `retry-after` as a date.", limited),
  both("429-retry-after-ms", "429 with `retry-after-ms`.", limited),
  both("429-reset-requests", "429 with `x-ratelimit-reset-requests`.", limited),
  both("429-reset-tokens", "429 with `x-ratelimit-reset-tokens`.", limited),
  both("429-anthropic-reset", "429 with `anthropic-ratelimit-input-tokens-reset`.", limited),
  both("500", "500.", refused("provider_error")),
  both("502-page", "502, the page of a proxy.", refused("provider_error")),
  both("503", "503.", refused("provider_overloaded")),
  both("504", "504.", refused("provider_timeout")),
  both("529", "529.", refused("provider_overloaded")),
  both("redirect", "302.", refused("provider_error")),

  both("error-first", "200, and an error in the place of the first content.", refused("provider_overloaded")),
  row(
    "error-after-content",
    "200, some content, and an error.",
    refused("provider_overloaded"),
    broken("provider_overloaded"),
  ),
  both("cut-before-content", "200, and the connection is lost before the first content.", refused("stream_truncated")),
  row(
    "cut-after-content",
    "200, some content, and the connection is lost.",
    refused("stream_truncated"),
    broken("stream_truncated"),
  ),
  both("stall-before-content", "200, and silence for `idle`.", refused("stream_stalled"), { idle: "1500ms" }),
  row(
    "stall-after-content",
    "200, some content, and silence for `idle`.",
    refused("stream_stalled"),
    broken("stream_stalled"),
    { idle: "1500ms" },
  ),
  row(
    "pings-without-content",
    "200, and pings without any content for `first_content`.",
    undefined,
    refused("provider_timeout"),
    { first_content: "1500ms" },
  ),
  both("malformed-before-content", "200, and a line that is not JSON.", refused("malformed_answer")),
  row(
    "malformed-after-content",
    "200, some content, and a line that is not JSON.",
    refused("malformed_answer"),
    broken("malformed_answer"),
  ),
  both("wrong-content-type", "200, a page.", refused("wrong_content_type")),
  both("wrong-coding", "200, and bytes that are not compressed as it says.", refused("malformed_answer")),
  row("empty", "200, and nothing.", refused("malformed_answer"), refused("stream_unfinished")),
  row("only-pings", "200, and nothing but a ping.", refused("malformed_answer"), refused("stream_unfinished")),
  row(
    "no-finish",
    "200, and it does not say how its answer ended.",
    refused("malformed_answer"),
    broken("stream_unfinished"),
  ),
  row("twice-its-finish", "200, and it says twice how its answer ended.", refused("malformed_answer"), whole),
  row("twice-its-ending", "200, and all of its end comes twice.", refused("malformed_answer"), whole),
  both("trickle", "200, a few bytes at a time.", whole),
  row(
    "trickle-for-ever",
    "200, some content, and then fewer bytes a second than `min_rate`.",
    undefined,
    broken("stream_stalled"),
    { min_rate: 10_000 },
  ),
  row(
    "goes-on-for-ever",
    "200, and an answer that has not ended within `attempt`.",
    refused("provider_timeout"),
    broken("provider_timeout"),
    { attempt: "2s" },
  ),
  row("giant-line", "200, and an event of more than 16 MiB.", undefined, refused("malformed_answer")),
];

/**
 * Codes after which a target is asked again where there is no other, as the gateway comes: `resilience.retry.retries` times,
 * unless the provider asks for a longer wait than `max_wait`.
 */
export const ASKED_AGAIN: ReadonlySet<ErrorCode> = new Set([
  "provider_unavailable",
  "provider_timeout",
  "provider_rate_limited",
  "provider_error",
  "provider_overloaded",
  "stream_truncated",
  "stream_unfinished",
  "stream_stalled",
  "malformed_answer",
  "wrong_content_type",
]);

/** How each code is told at each door. */
export interface Told {
  /** HTTP status, class of the vendor's SDK and `code` at OpenAI's doors. */
  readonly openai: readonly [status: number, className: string, code: string];
  /** HTTP status, class of the vendor's SDK and `type` at Anthropic's. */
  readonly anthropic: readonly [status: number, className: string, type: string];
  /** Number of the gRPC status; the code itself is in `ErrorDetail`. */
  readonly grpc: number;
}

const SERVER = "InternalServerError";

/** What callers are told, by the code of the error. */
export const TOLD: Readonly<Partial<Record<ErrorCode, Told>>> = {
  provider_unavailable: {
    openai: [502, SERVER, "provider_unavailable"],
    anthropic: [502, SERVER, "api_error"],
    grpc: 14,
  },
  provider_timeout: {
    openai: [504, SERVER, "provider_timeout"],
    anthropic: [504, "GatewayTimeoutError", "timeout_error"],
    grpc: 4,
  },
  provider_unauthenticated: {
    openai: [502, SERVER, "provider_unauthenticated"],
    anthropic: [502, SERVER, "api_error"],
    grpc: 14,
  },
  model_not_found: {
    openai: [404, "NotFoundError", "model_not_found"],
    anthropic: [404, "NotFoundError", "not_found_error"],
    grpc: 5,
  },
  not_found: {
    openai: [404, "NotFoundError", "unknown_url"],
    anthropic: [404, "NotFoundError", "not_found_error"],
    grpc: 5,
  },
  provider_rate_limited: {
    openai: [429, "RateLimitError", "rate_limit_exceeded"],
    anthropic: [429, "RateLimitError", "rate_limit_error"],
    grpc: 8,
  },
  provider_error: { openai: [502, SERVER, "provider_error"], anthropic: [502, SERVER, "api_error"], grpc: 14 },
  provider_overloaded: {
    openai: [503, SERVER, "provider_overloaded"],
    anthropic: [529, "OverloadedError", "overloaded_error"],
    grpc: 14,
  },
  stream_truncated: { openai: [502, SERVER, "stream_truncated"], anthropic: [502, SERVER, "api_error"], grpc: 14 },
  stream_unfinished: { openai: [502, SERVER, "stream_unfinished"], anthropic: [502, SERVER, "api_error"], grpc: 14 },
  stream_stalled: {
    openai: [504, SERVER, "stream_stalled"],
    anthropic: [504, "GatewayTimeoutError", "timeout_error"],
    grpc: 4,
  },
  malformed_answer: { openai: [502, SERVER, "malformed_answer"], anthropic: [502, SERVER, "api_error"], grpc: 14 },
  wrong_content_type: {
    openai: [502, SERVER, "wrong_content_type"],
    anthropic: [502, SERVER, "api_error"],
    grpc: 14,
  },
};
