import type { Clock } from "../../src/core/clock.js";

/** A clock that stands still. */
export const stillClock: Clock = { monotonic: () => 0, wall: () => 0 };
