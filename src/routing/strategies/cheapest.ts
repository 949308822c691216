import { decimalDollars, estimatedCost } from "../../core/pricing.js";
import type { Asked } from "../asked.js";
import type { Member } from "../route.js";
import { place } from "./place.js";
import type { Choice, Placed } from "./strategy.js";

/**
 * Whoever takes least for this very request: its prompt, by its length, and the longest answer that it allows, or one of
 * usual length where it allows any. Equal ones by priority; what has no price comes last, as it may cost anything.
 */
export function cheapest({ members, asked }: Choice): readonly Placed[] {
  const costs = members.map((member) => ({ member, cost: costOf(member, asked) }));
  costs.sort((a, b) => {
    if (a.cost === b.cost) return 0;
    if (a.cost === undefined) return 1;
    if (b.cost === undefined) return -1;
    return a.cost < b.cost ? -1 : 1;
  });
  const least = costs[0]?.cost;
  const first = least === undefined ? "first, as none has a price" : `cheapest, at some $${decimalDollars(least)}`;
  return place(
    costs.map(({ member }) => member),
    first,
    "cost",
  );
}

/** In nano-dollars; of a group that of the cheapest. */
function costOf({ targets }: Member, asked: Asked): bigint | undefined {
  let least: bigint | undefined;
  for (const target of targets) {
    const cost = estimatedCost(target.price(), asked.tokens, asked.answerTokens);
    if (cost !== undefined && (least === undefined || cost < least)) least = cost;
  }
  return least;
}
