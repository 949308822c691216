import type { TargetView } from "../../src/core/target-view.js";

/** The view of a target that has never been called. */
export const quietView: TargetView = {
  inFlight: 0,
  queued: 0,
  unavailable: () => undefined,
  latency: () => undefined,
  ttftQuantile: () => undefined,
  counts: () => ({ attempts: 0, failures: 0 }),
};
