import type { ReadonlyHeaders } from "./dialect.js";
import { rateLimitResetMs } from "./rate-limit-reset.js";

/** Longest wait that is believed, in milliseconds: a day. What says more has another unit in mind, or none. */
const MAX_MS = 24 * 60 * 60_000;

/**
 * Milliseconds that a provider asks to wait: the longer of `retry-after-ms` and `retry-after` (seconds, or a date,
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after); of a 429 without them, until the limit that was met is reset.
 * Undefined when it asks for nothing. A date is read against the answer's own `date` header, so that no clock is needed and
 * none can be wrong.
 */
export function retryAfterMs(headers: ReadonlyHeaders, status: number): number | undefined {
  const exact = nonNegative(headers["retry-after-ms"]);
  const after = headers["retry-after"];
  const seconds = nonNegative(after);
  const coarse = seconds === undefined ? untilDate(after, headers.date) : seconds * 1000;
  // Some send "0" milliseconds beside "1" second: obeying the zero is a hot loop.
  const told = exact === undefined || coarse === undefined ? (exact ?? coarse) : Math.max(exact, coarse);
  const wait = told ?? (status === 429 ? rateLimitResetMs(headers) : undefined);
  return wait === undefined ? undefined : Math.min(wait, MAX_MS);
}

function nonNegative(text: string | undefined): number | undefined {
  // Of a header that came twice there is no one value.
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function untilDate(text: string | undefined, now: string | undefined): number | undefined {
  const then = typeof text === "string" ? Date.parse(text) : Number.NaN;
  const from = Date.parse(now ?? "");
  return Number.isNaN(then) || Number.isNaN(from) ? undefined : Math.max(0, then - from);
}
