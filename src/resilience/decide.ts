import { durationInWords } from "../core/duration-words.js";
import type { RetryAction, RetryPolicy } from "../core/route-policy.js";
import type { ErrorCode, ParlanceError } from "../sdk/index.js";
import { backoff } from "./backoff.js";

/** What follows a failed attempt, and why, in words for the record. */
export type Step =
  /** The failure is the answer: another attempt would not change it. */
  | { readonly kind: "stop"; readonly why: string }
  /** Another attempt might, but none may be made. */
  | { readonly kind: "end"; readonly why: string }
  | { readonly kind: "next"; readonly why: string }
  /** The same target once more, after a wait. */
  | { readonly kind: "again"; readonly waitMs: number; readonly why: string }
  /** The same target at once, with another credential of its provider. */
  | { readonly kind: "rotate"; readonly why: string };

/** Where an exchange stands when an attempt has failed. */
export interface Situation {
  readonly policy: RetryPolicy;
  /** Attempts so far, over all targets. */
  readonly attempts: number;
  /** Retries so far at this target. */
  readonly retriesHere: number;
  /** Retries so far, over all targets. */
  readonly retries: number;
  /** Whether the plan has another target that could be asked now. */
  readonly another: boolean;
  /** Whether the provider has a credential that was not tried yet and does not rest. */
  readonly otherCredential: boolean;
  /** Milliseconds until the exchange must have ended. */
  readonly leftMs: number;
  /** A number from 0 to less than 1. */
  readonly random: () => number;
  /** Takes a retry out of the target's budget; false when there is none left. Asked only when all else allows a retry. */
  readonly spend: () => boolean;
}

/** What an error says for itself, whatever is configured: `last` is a retry where no other target is left. */
type Usual = "stop" | "next" | "last" | "retry";

/** Errors that may pass within moments. What took long, or answers wrongly, is asked again only for want of another. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "provider_unavailable",
  "provider_rate_limited",
  "provider_overloaded",
  "provider_error",
]);

/** What follows a failure. Pure but for `random` and `spend`. */
export function decide(error: ParlanceError, situation: Situation): Step {
  const { policy, attempts, another } = situation;
  const configured = policy.on.get(error.code);
  const usual = usualAfter(error);
  const wish = configured ?? usual;
  if (wish === "stop") return { kind: "stop", why: configured === undefined ? faultOf(error) : byRule(error, "stop") };
  if (attempts >= policy.maxAttempts) return { kind: "end", why: `${attempts} attempts were made (max_attempts)` };
  if (configured !== "next" && situation.otherCredential && isOfCredential(error)) {
    return { kind: "rotate", why: `another credential after ${error.code}` };
  }
  const again = retry(error, wish, configured, situation);
  if (typeof again !== "string") return again;
  if (another) return { kind: "next", why: `next target after ${error.code}${again === "" ? "" : `: ${again}`}` };
  return { kind: "end", why: `no other target is left${again === "" ? "" : `, and ${again}`}` };
}

/** Whether an error speaks of the credential that the call was made with. */
export function isOfCredential(error: ParlanceError): boolean {
  const { code } = error;
  return code === "provider_unauthenticated" || (code === "provider_rate_limited" && !isTooLargeForLimit(error));
}

/**
 * Whether a request is by itself more than a rate limit allows: no wait lets it pass, and smaller ones pass meanwhile. Told
 * with 429 in a sentence of its own (https://github.com/Aider-AI/aider/issues/1880).
 */
export function isTooLargeForLimit({ code, message }: ParlanceError): boolean {
  return code === "provider_rate_limited" && /^request too large\b/i.test(message);
}

/** Whether the account behind a credential is empty, which no wait helps: some say so with 429. */
export function isSpent({ code, facts }: ParlanceError): boolean {
  if (code !== "provider_rate_limited") return false;
  return facts.providerCode === "insufficient_quota" || facts.providerType === "insufficient_quota";
}

/** The retry, or in words why there is none; empty where none would be expected. */
function retry(
  error: ParlanceError,
  wish: Usual | RetryAction,
  configured: RetryAction | undefined,
  { policy, retriesHere, retries, another, leftMs, random, spend }: Situation,
): Step | string {
  const asked = error.facts.retryAfterMs;
  const longest = another ? policy.maxWaitBeforeNextMs : policy.maxWaitMs;
  const wanted = asked !== undefined && asked > 0;
  const here = !another || configured === "retry" || (wish === "retry" && (policy.at === "each" || wanted));
  if (wish === "next" || !here) return "";
  const made = policy.at === "each" ? retriesHere : retries;
  if (made >= policy.retries) return made === 0 ? "" : `${count(made, "retry", "retries")} did not help`;
  if (asked !== undefined && asked > longest) {
    return `the provider asks to wait ${durationInWords(asked)}, longer than ${another ? "max_wait_before_next" : "max_wait"}`;
  }
  const waitMs = Math.max(asked ?? 0, backoff(policy, retriesHere, random));
  if (waitMs >= leftMs) return "no time is left to wait";
  if (!spend()) return "its retry budget is spent";
  const why = `again after ${error.code}, ${wanted ? "waiting as it asks" : "backing off"} ${durationInWords(waitMs)}`;
  return { kind: "again", waitMs, why };
}

function usualAfter(error: ParlanceError): Usual {
  const { code, rule, facts } = error;
  // What one target cannot say, or does not have, another may; which address is asked is not the caller's doing.
  if (code === "unsupported" || code === "model_not_found" || code === "not_found") return "next";
  if (!rule.next) return "stop";
  if (!rule.retry || isSpent(error) || isTooLargeForLimit(error)) return "next";
  return PASSING.has(code) || facts.providerStatus === 408 ? "retry" : "last";
}

function faultOf({ code, rule }: ParlanceError): string {
  return rule.fault === "caller" ? `${code} is the request's own` : `${code} is the gateway's own`;
}

function byRule({ code }: ParlanceError, action: RetryAction): string {
  return `retry.on says ${action} after ${code}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
