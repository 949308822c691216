import type { ListedModel } from "./target.js";

/** The limits of a model that can run in several places: of what is known of them, the least, so that it holds anywhere. */
export function modelLimits({ targets }: ListedModel): {
  readonly contextWindow: number | undefined;
  readonly maxOutputTokens: number | undefined;
} {
  return {
    contextWindow: least(targets.map(({ facts }) => facts.contextWindow)),
    maxOutputTokens: least(targets.map(({ facts }) => facts.maxOutputTokens)),
  };
}

function least(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
