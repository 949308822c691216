import { nearest, ParlanceError, type RoutingHints } from "../sdk/index.js";
import { isStrategy, STRATEGY_NAMES } from "./strategy-name.js";

/** What callers may wish of routing: the member of `routing`, and whether a request has it. */
const WISHES: readonly (readonly [string, (hints: RoutingHints) => boolean])[] = [
  ["preferred_providers", (hints) => hints.preferredProviders.length > 0],
  ["exclude_providers", (hints) => hints.excludeProviders.length > 0],
  ["fallbacks", (hints) => hints.fallbacks.length > 0],
  ["timeout", (hints) => hints.timeout !== undefined],
  ["strategy", (hints) => hints.strategy !== undefined],
  ["tags", (hints) => hints.tags.length > 0],
  ["region", (hints) => hints.region !== undefined],
  ["sticky_key", (hints) => hints.stickyKey !== undefined],
  ["context_fallbacks", (hints) => hints.contextFallbacks.length > 0],
  ["content_fallbacks", (hints) => hints.contentFallbacks.length > 0],
  ["max_attempts", (hints) => hints.maxAttempts !== undefined],
  ["on_cut", (hints) => hints.onCut !== undefined],
];

const ON_CUT = ["fail", "continue"];

/**
 * Refuses a wish that is not allowed, or that cannot be granted as it is written: a misspelt exclusion would send data
 * where it must not go. `allow`: members of `routing` that callers may use; empty means all.
 */
export function checkHints(hints: RoutingHints, providers: readonly string[], allow: readonly string[]): void {
  if (allow.length > 0) {
    for (const [member, isWished] of WISHES) {
      if (allow.includes(member) || !isWished(hints)) continue;
      throw new ParlanceError(
        "permission_denied",
        `Callers may not wish routing.${member} here. They may wish ${allow.join(", ")}.`,
        { field: `routing.${member}` },
      );
    }
  }
  const { strategy, onCut, maxAttempts } = hints;
  if (strategy !== undefined && !isStrategy(strategy)) throw unknownWord("strategy", strategy, STRATEGY_NAMES);
  if (onCut !== undefined && !ON_CUT.includes(onCut)) throw unknownWord("on_cut", onCut, ON_CUT);
  if (maxAttempts !== undefined && maxAttempts < 1) {
    throw new ParlanceError("invalid_request", `routing.max_attempts must be 1 or more, not ${maxAttempts}.`, {
      field: "routing.max_attempts",
    });
  }
  checkNames(hints.preferredProviders, "routing.preferred_providers", providers);
  checkNames(hints.excludeProviders, "routing.exclude_providers", providers);
}

function unknownWord(member: string, said: string, known: readonly string[]): ParlanceError {
  const near = nearest(said, known);
  const what = member === "strategy" ? "strategy" : `word`;
  const hint = near.length === 0 ? `routing.${member} may be ${known.join(", ")}.` : `Near names: ${near.join(", ")}.`;
  return new ParlanceError("invalid_request", `There is no ${what} "${said}" for routing.${member}. ${hint}`, {
    field: `routing.${member}`,
    suggestions: near,
  });
}

function checkNames(names: readonly string[], path: string, providers: readonly string[]): void {
  names.forEach((name, index) => {
    if (providers.includes(name)) return;
    const near = nearest(name, providers);
    throw new ParlanceError(
      "invalid_request",
      `There is no provider "${name}".${near.length === 0 ? "" : ` Near names: ${near.join(", ")}.`}`,
      { field: `${path}[${index}]`, suggestions: near },
    );
  });
}
