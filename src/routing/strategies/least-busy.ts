import type { Member } from "../route.js";
import { byScore, place } from "./place.js";
import type { Choice, Placed } from "./strategy.js";

/** Whoever has the fewest attempts for its weight, those that wait and the one to come among them; equal ones at random. */
export function leastBusy({ members, random }: Choice): readonly Placed[] {
  const shuffled = byScore(members, random);
  const ordered = byScore(shuffled, (member) => (busyOf(member) + 1) / member.weight);
  const { targets } = ordered[0] as Member;
  const busy = busyOf({ targets });
  return place(ordered, `least busy, with ${busy} in flight`, "load");
}

function busyOf({ targets }: Pick<Member, "targets">): number {
  let busy = 0;
  for (const { view } of targets) busy += view.inFlight + view.queued;
  return busy;
}
