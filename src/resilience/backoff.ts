import type { RetryPolicy } from "../core/route-policy.js";

/**
 * Milliseconds to wait before a retry: a random part of a time that doubles with each, so that those who failed together
 * do not return together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, "full jitter").
 * `retry`: how many went before. `random`: a number from 0 to less than 1.
 */
export function backoff(policy: RetryPolicy, retry: number, random: () => number): number {
  return random() * Math.min(policy.maxBackoffMs, policy.backoffMs * 2 ** retry);
}
