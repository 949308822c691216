import type { Member } from "../route.js";
import { byScore, place } from "./place.js";
import type { Choice, Placed } from "./strategy.js";

/**
 * Whoever had no turn for the longest comes first: with all of them there the turns go round exactly, and what one of them
 * cannot take the others share alike.
 */
export function roundRobin({ members, turns, peek }: Choice): readonly Placed[] {
  const ordered = byScore(members, (member) => turns.lastOf(member.place));
  if (!peek) turns.take((ordered[0] as Member).place);
  return place(ordered, "its turn by round robin", "round robin");
}
