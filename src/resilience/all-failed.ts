import { type AttemptFailure, ParlanceError } from "../sdk/index.js";

/**
 * The error of an exchange whose every target failed: the last one's own when there was one target or all failed alike,
 * else `no_healthy_target` with every reason.
 */
export function allFailed(last: ParlanceError, failures: readonly AttemptFailure[]): ParlanceError {
  if (failures.length === 1) return last;
  const reasons = failures.map((failure) => `${failure.target}: ${failure.message}`).join(" ");
  const alike = failures.every((failure) => failure.code === last.code);
  return new ParlanceError(
    alike ? last.code : "no_healthy_target",
    `None of the ${failures.length} targets could answer. ${reasons}`,
    // The provider's own words for it are of one target only; what holds for all stays.
    { attempts: failures, retryAfterMs: last.facts.retryAfterMs, cause: last },
  );
}
