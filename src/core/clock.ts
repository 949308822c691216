/** Time as a parameter, so that tests can hold it. */
export interface Clock {
  /** Milliseconds that only grow; for durations. */
  monotonic(): number;
  /** Milliseconds since 1970; for what is shown. */
  wall(): number;
}

/** The machine's own time. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
};
