import type { Asked } from "../asked.js";
import type { Member } from "../route.js";
import { byScore, place } from "./place.js";
import type { Choice, Placed } from "./strategy.js";

/**
 * The quicker of two that are picked at random, so that the quickest is not overrun (power of two choices,
 * https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf); the others follow by the time that they are
 * expected to take. What was never measured counts as quickest while nothing runs there, so that it is tried; and every so
 * many requests one tries whoever was measured longest ago, so that a slow start is forgiven and a recovery seen.
 */
export function lowestLatency({ members, asked, random, explore, turns, peek }: Choice): readonly Placed[] {
  const expected = new Map(members.map((member) => [member, expectedMs(member, asked)]));
  const ordered = byScore(members, (member) => expected.get(member) as number);
  if (ordered.length === 1) return place(ordered, "the only one", "latency");
  if (!peek && turns.isDue(explore)) {
    const stalest = byScore(members, measuredAt)[0] as Member;
    return place(withFirst(stalest, ordered), "tried to measure it", "latency");
  }
  // The quicker of any two is whichever stands first.
  const one = Math.floor(random() * ordered.length);
  const other = Math.floor(random() * (ordered.length - 1));
  const quicker = ordered[Math.min(one, other < one ? other : other + 1)] as Member;
  const ms = expected.get(quicker) as number;
  const first = measuredAt(quicker) === Number.NEGATIVE_INFINITY ? "not measured yet" : `some ${Math.round(ms)} ms`;
  return place(withFirst(quicker, ordered), `quicker of two, ${first}`, "latency");
}

/** Of whom nothing is known yet, and somebody waits for an answer already: behind those that have answered. */
const NEVER_ANSWERED = 1e12;

/** Milliseconds that an answer is expected to take; of a group, that of its quickest. */
function expectedMs({ targets }: Member, asked: Asked): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { view } of targets) {
    const latency = view.latency();
    const unknown = view.inFlight === 0 ? 0 : NEVER_ANSWERED + view.inFlight;
    const ms = latency === undefined ? unknown : latency.ttftMs + (latency.perTokenMs ?? 0) * asked.likelyTokens;
    if (ms < least) least = ms;
  }
  return least;
}

/** Monotonic milliseconds of the last measurement. */
function measuredAt({ targets }: Member): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const { view } of targets) last = Math.max(last, view.latency()?.measuredAt ?? last);
  return last;
}

function withFirst(first: Member, ordered: readonly Member[]): Member[] {
  return [first, ...ordered.filter((member) => member !== first)];
}
