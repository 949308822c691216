import { expect } from "vitest";
import type { SoakReport } from "./soak-streams.js";

/** That no client failed, and that nothing is open or held once all have ended. */
export function expectNothingLeft({ failed, before, after }: SoakReport, growthBytes: number): void {
  expect(failed).toEqual([]);
  expect(after).toMatchObject({ failingSockets: 0, goodSockets: 0, inFlight: 0, queued: 0 });
  expect(after.heapBytes - before.heapBytes).toBeLessThan(growthBytes);
}
