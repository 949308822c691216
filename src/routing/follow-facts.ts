import type { Clock } from "../core/clock.js";
import type { Target, TargetFacts } from "../core/target.js";

/** Least time before a provider that could not be loaded is asked again what its models can do. */
const ASK_AGAIN_MS = 1000;

/**
 * What is known of a model, asked for once and then again when newer data may say otherwise, or when the provider could
 * not be loaded. Meanwhile what was known stands. `describe` never rejects.
 */
export function followFacts(
  describe: () => Promise<{ readonly facts: TargetFacts; readonly isLoaded: boolean }>,
  revision: () => number,
  clock: Clock,
): Target["facts"] {
  let known: TargetFacts | undefined;
  let knownAt = -1;
  let again = Number.POSITIVE_INFINITY;
  let asking: Promise<TargetFacts> | undefined;
  return () => {
    const isCurrent = known !== undefined && knownAt === revision();
    if (isCurrent && (again === Number.POSITIVE_INFINITY || clock.monotonic() < again)) return known as TargetFacts;
    asking ??= describe().then(({ facts, isLoaded }) => {
      asking = undefined;
      known = facts;
      // To load a provider is news to the catalogue itself.
      knownAt = revision();
      again = isLoaded ? Number.POSITIVE_INFINITY : clock.monotonic() + ASK_AGAIN_MS;
      return facts;
    });
    return known ?? asking;
  };
}
