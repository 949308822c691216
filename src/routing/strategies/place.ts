import type { Member } from "../route.js";
import type { Placed } from "./strategy.js";

/** The members in their order with their reasons: why the first is first, and by what the others follow. */
export function place(members: readonly Member[], first: string, by: string): Placed[] {
  return members.map((member, index) => ({ member, reason: index === 0 ? first : fallbackReason(index, by) }));
}

/** The members with the least score first, equal ones as they come. */
export function byScore(members: readonly Member[], score: (member: Member) => number): Member[] {
  return members
    .map((member) => ({ member, score: score(member) }))
    .sort((a, b) => (a.score === b.score ? 0 : a.score - b.score))
    .map(({ member }) => member);
}

const reasons = new Map<string, string[]>();

/** Made once each: there are as many as the longest plan is long. */
function fallbackReason(index: number, by: string): string {
  let known = reasons.get(by);
  if (known === undefined) {
    known = [];
    reasons.set(by, known);
  }
  known[index] ??= `fallback ${index} by ${by}`;
  return known[index];
}
