import type { ReadonlyHeaders } from "./dialect.js";

/**
 * What is left of a limit, and when it is reset, by header:
 * OpenAI, Groq, xAI and Azure (https://platform.openai.com/docs/guides/rate-limits, https://console.groq.com/docs/rate-limits),
 * Cerebras (https://inference-docs.cerebras.ai/support/rate-limits), Anthropic (https://docs.claude.com/en/api/rate-limits)
 * and Mistral.
 */
const LIMITS: readonly (readonly [remaining: string, reset: string])[] = [
  ["x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
  ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
  ["x-ratelimit-remaining-requests-day", "x-ratelimit-reset-requests-day"],
  ["x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute"],
  ["anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"],
  ["anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
  ["anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"],
  ["anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"],
  ["ratelimitbysize-remaining", "ratelimitbysize-reset"],
];

/** Limits of which an answer may tell the reset alone: earlier drafts of the IETF, and what they were made of. */
const ONLY_LIMITS: typeof LIMITS = [
  ["ratelimit-remaining", "ratelimit-reset"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
];

/**
 * Milliseconds until every limit of an answer is reset of which nothing is left; undefined when it tells of none. Of a
 * limit that has something left the reset says nothing. Dates are read against the answer's own `date` header.
 */
export function rateLimitResetMs(headers: ReadonlyHeaders): number | undefined {
  let longest = structured(headers.ratelimit);
  const take = (reset: string): void => {
    const wait = untilReset(headers[reset], headers.date);
    if (wait !== undefined) longest = Math.max(longest ?? 0, wait);
  };
  for (const [remaining, reset] of LIMITS) if (isNothing(headers[remaining])) take(reset);
  for (const [remaining, reset] of ONLY_LIMITS) {
    if (headers[remaining] === undefined || isNothing(headers[remaining])) take(reset);
  }
  return longest;
}

function isNothing(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "" && Number(text) <= 0;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE_DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
/** Seconds from here on are a date, and so are milliseconds from a thousand times as many. */
const FIRST_DATE_S = 1_000_000_000;

/** Of `6m0s` or `20ms`, of seconds, of a date in seconds or milliseconds since 1970, or of a date in words. */
function untilReset(text: string | undefined, now: string | undefined): number | undefined {
  const told = text?.trim() ?? "";
  if (told === "") return undefined;
  if (WHOLE_DURATION.test(told)) {
    let sum = 0;
    for (const [, amount, unit] of told.matchAll(PIECE)) sum += Number(amount) * (UNITS[unit as string] as number);
    return sum;
  }
  const number = Number(told);
  if (Number.isFinite(number) && number < FIRST_DATE_S) return number < 0 ? undefined : number * 1000;
  const then = Number.isFinite(number) ? (number < FIRST_DATE_S * 1000 ? number * 1000 : number) : Date.parse(told);
  const from = Date.parse(now ?? "");
  return Number.isNaN(then) || Number.isNaN(from) ? undefined : Math.max(0, then - from);
}

/**
 * The field `RateLimit` with its policies as a list: `"minute";r=0;t=30`
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), earlier `limit=10, remaining=0, reset=30`.
 */
function structured(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const earlier = /(?:^|[\s,;])remaining=0+(?:[\s,;]|$)/.test(text)
    ? /(?:^|[\s,;])reset=(\d+)/.exec(text)?.[1]
    : undefined;
  if (earlier !== undefined) return Number(earlier) * 1000;
  let longest: number | undefined;
  for (const policy of text.split(",")) {
    const seconds = /;\s*t=(\d+)/.exec(policy)?.[1];
    if (seconds === undefined || !/;\s*r=0+\s*(?:;|$)/.test(policy)) continue;
    longest = Math.max(longest ?? 0, Number(seconds) * 1000);
  }
  return longest;
}
