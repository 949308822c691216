import { type AttemptFailure, ParlanceError } from "../sdk/index.js";

/**
 * The error of an exchange whose every target failed: the last one's own when there was one target or all failed alike,
 * else `no_healthy_target` with every reason. `retryAfterMs`: the least that any of them asks to wait, if one does.
 */
export function allFailed(
  last: ParlanceError,
  failures: readonly AttemptFailure[],
  retryAfterMs: number | undefined,
): ParlanceError {
  const targets = new Set(failures.map(({ target }) => target)).size;
  if (targets === 1) return last.with({ attempts: failures, retryAfterMs });
  const reasons = failures.map(({ target, message }) => `${target}: ${sentence(message)}`).join(" ");
  const alike = failures.every((failure) => failure.code === last.code);
  // What no target can say is the request's fault, and so is a seal that none of them can read.
  const asked = failures.every(({ code }) => code === "unsupported" || code === "invalid_request");
  return new ParlanceError(
    alike || asked ? last.code : "no_healthy_target",
    `None of the ${targets} targets could answer. ${reasons}`,
    // The provider's own words for it are of one target only; what holds for all stays.
    { attempts: failures, field: asked ? last.facts.field : undefined, retryAfterMs, cause: last },
  );
}

/** The words of a provider often end without a stop, and another reason follows. */
function sentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}
