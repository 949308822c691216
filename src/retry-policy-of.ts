import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { RetryAction, RetryPolicy } from "./core/route-policy.js";
import type { RetryConfig } from "./gen/parlance/config/v1/config_pb.js";
import type { ErrorCode } from "./sdk/index.js";

/** Retries where nothing is configured. */
const USUAL: RetryPolicy = {
  retries: DEFAULTS.retries,
  at: DEFAULTS.retryAt,
  backoffMs: DEFAULTS.backoffMs,
  maxBackoffMs: DEFAULTS.maxBackoffMs,
  maxWaitMs: DEFAULTS.maxWaitMs,
  maxWaitBeforeNextMs: DEFAULTS.maxWaitBeforeNextMs,
  maxAttempts: DEFAULTS.maxAttempts,
  budgetPercent: DEFAULTS.retryBudgetPercent,
  minRetries: DEFAULTS.minRetries,
  on: new Map(),
};

/**
 * Retries as a checked configuration has them. `base`: what is in force where it is silent; of `on` what it says of an error
 * wins. Absent means the defaults.
 */
export function retryPolicyOf(config: RetryConfig | undefined, base: RetryPolicy = USUAL): RetryPolicy {
  if (config === undefined) return base;
  return {
    retries: config.retries ?? base.retries,
    at: config.at === undefined ? base.at : config.at === "each" ? "each" : "last",
    backoffMs: millisecondsOf(config.backoff, base.backoffMs),
    maxBackoffMs: millisecondsOf(config.maxBackoff, base.maxBackoffMs),
    maxWaitMs: millisecondsOf(config.maxWait, base.maxWaitMs),
    maxWaitBeforeNextMs: millisecondsOf(config.maxWaitBeforeNext, base.maxWaitBeforeNextMs),
    maxAttempts: config.maxAttempts ?? base.maxAttempts,
    budgetPercent: config.budgetPercent ?? base.budgetPercent,
    minRetries: config.minRetries ?? base.minRetries,
    on: new Map([...base.on, ...(Object.entries(config.on) as [ErrorCode, RetryAction][])]),
  };
}
