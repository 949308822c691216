import type { Exchange } from "../core/exchange.js";

/** How many attempts an exchange may still make: `max_attempts` holds over all that is done to have it answered. */
export function attemptsLeft({ attempts, policy }: Exchange): number {
  return policy === undefined ? Number.POSITIVE_INFINITY : policy.retry.maxAttempts - attempts.length;
}
