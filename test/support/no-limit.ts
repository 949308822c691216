import type { SlotSettings } from "../../src/resilience/target-slots.js";

/** A target that takes as many attempts at once as come. */
export const noLimit: SlotSettings = {
  maxInFlight: Number.POSITIVE_INFINITY,
  queue: 100,
  queueTimeoutMs: 10_000,
  adaptive: false,
};
