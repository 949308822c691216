import type { Deadline } from "./deadlines.js";

/** Sets what happens after a while. */
export interface Timers {
  /** Calls `fire` once `ms` have passed, unless it is cancelled before. */
  after(ms: number, fire: () => void): Deadline;
}

/** The machine's own timers, exact to a millisecond: for the few to whom a tick of `Deadlines` is too long. */
export const systemTimers: Timers = {
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
