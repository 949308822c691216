import { expect, it } from "vitest";
import { expectNothingLeft } from "../soak/expect-nothing-left.js";
import { soakStreams } from "../soak/soak-streams.js";

const MB = 1024 * 1024;

it.each([
  ["every stream falls over", false],
  ["the failing target is left alone", true],
])(
  "many streams through a failing and a good target, while %s: no client fails, and nothing is left",
  async (_, breaker) => {
    const report = await soakStreams({ streams: 60, seconds: 3, answerMs: 400, breaker });
    expectNothingLeft(report, 8 * MB);
    expect(report.whole).toBeGreaterThan(60);
    expect(report.left).toBeGreaterThan(0);
    expect(report.mostInFlight).toBeGreaterThan(20);
    expect(report.mostQueued).toBeGreaterThan(0);
    if (breaker) expect(report.faults).toBeLessThan(60);
    else expect(report.faults).toBeGreaterThan(60);
  },
  90_000,
);
