import type { Member } from "../route.js";
import { steadyDraw } from "../sticky.js";
import { byScore, place } from "./place.js";
import type { Choice, Placed } from "./strategy.js";

/**
 * At random by weight, and those that follow so too: each draws a time that is exponential with its weight, and the least
 * comes first (Efraimidis and Spirakis, https://doi.org/10.1016/j.ipl.2005.11.003). A choice that stays draws from a hash
 * of its key and the member's name, so that other weights, or a member that comes or goes, move no more than their share
 * (weighted rendezvous hashing, https://datatracker.ietf.org/doc/html/draft-ietf-bess-weighted-hrw).
 */
export function weighted({ members, random, sticky }: Choice): readonly Placed[] {
  const draw = (member: Member): number => {
    // 1 - random() is never 0, whose logarithm is infinite.
    const drawn = sticky === undefined ? 1 - random() : steadyDraw(sticky, member.name);
    return member.weight > 0 ? -Math.log(drawn) / member.weight : Number.POSITIVE_INFINITY;
  };
  return place(byScore(members, draw), sticky === undefined ? "chosen by weight" : "stays by weight", "weight");
}
