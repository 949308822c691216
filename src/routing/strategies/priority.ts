import { place } from "./place.js";
import type { Choice, Placed } from "./strategy.js";

/** In the order of their priority, equal ones as they are written. */
export function priority({ members }: Choice): readonly Placed[] {
  return place(members, "first by priority", "priority");
}
