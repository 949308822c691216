import type { Asked } from "../asked.js";
import type { Member } from "../route.js";
import type { Turns } from "../turns.js";

/** What a strategy may go by. */
export interface Choice {
  /** By priority; never empty. */
  readonly members: readonly Member[];
  readonly asked: Asked;
  /** At random, from 0 up to and without 1. */
  readonly random: () => number;
  /** Who had a turn last. A strategy notes a turn unless `peek`. */
  readonly turns: Turns;
  /** Whether it is only to be told what would be chosen. */
  readonly peek: boolean;
  /** What the choice is to stay with. */
  readonly sticky: string | undefined;
  /** Share of requests, from 0 to 1, that may try a target which seems slower. */
  readonly explore: number;
}

/** A member with the reason for its place. */
export interface Placed {
  readonly member: Member;
  readonly reason: string;
}

/** Orders the members: the first is asked first, and the others follow when it fails. */
export type Strategy = (choice: Choice) => readonly Placed[];
