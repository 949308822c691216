import type { ReadonlyHeaders } from "./dialect.js";

/** Limits of which an answer may tell the reset alone: earlier drafts of the IETF, and what they were made of. */
const ONLY_LIMITS = [
  ["ratelimit-remaining", "ratelimit-reset"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
] as const;

/**
 * Milliseconds until every limit of an answer is reset of which nothing is left; undefined when it tells of none. Of a
 * limit that has something left the reset says nothing. Dates are read against the answer's own `date` header.
 *
 * A limit is told in two headers whose names differ in one word, `x-ratelimit-remaining-tokens` and
 * `x-ratelimit-reset-tokens` or `anthropic-ratelimit-requests-remaining` and `anthropic-ratelimit-requests-reset`; how the
 * time is written differs too: https://platform.openai.com/docs/guides/rate-limits, https://console.groq.com/docs/rate-limits,
 * https://docs.claude.com/en/api/rate-limits, https://inference-docs.cerebras.ai/support/rate-limits,
 * https://docs.digitalocean.com/products/inference/reference/quota-specific-response-headers/.
 */
export function rateLimitResetMs(headers: ReadonlyHeaders): number | undefined {
  let longest = structured(headers.ratelimit);
  const take = (reset: string): void => {
    const wait = untilReset(headers[reset], headers.date);
    if (wait !== undefined) longest = Math.max(longest ?? 0, wait);
  };
  for (const name in headers) {
    if (name.includes("ratelimit") && name.includes("remaining") && isNothing(headers[name])) {
      take(name.replace("remaining", "reset"));
    }
  }
  for (const [remaining, reset] of ONLY_LIMITS) if (headers[remaining] === undefined) take(reset);
  return longest;
}

function isNothing(text: string | undefined): boolean {
  return typeof text === "string" && text.trim() !== "" && Number(text) <= 0;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WHOLE_DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
/** Seconds from here on are a date, and so are milliseconds from a thousand times as many. */
const FIRST_DATE_S = 1_000_000_000;

/** Of `6m0s` or `20ms`, of seconds, of a date in seconds or milliseconds since 1970, or of a date in words. */
function untilReset(text: string | undefined, now: string | undefined): number | undefined {
  // Of a header that came twice there is no one value.
  const told = typeof text === "string" ? text.trim() : "";
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
  if (typeof text !== "string") return undefined;
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
