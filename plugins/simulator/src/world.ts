import { setTimeout as delay } from "node:timers/promises";

/** Time, as the simulator knows it; tests bring their own. */
export interface World {
  /** Milliseconds since 1970, for the time of an answer. */
  readonly now: () => number;
  /** Waits; rejects as soon as the signal fires. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The process's own clock and timers. */
export const realWorld: World = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { signal });
  },
};
