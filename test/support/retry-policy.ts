import type { RetryPolicy } from "../../src/core/route-policy.js";
import { retryPolicyOf } from "../../src/retry-policy-of.js";

/** The usual retries, but for what is given. */
export function retryPolicy(given: Partial<RetryPolicy> = {}): RetryPolicy {
  return { ...retryPolicyOf(undefined), ...given };
}
