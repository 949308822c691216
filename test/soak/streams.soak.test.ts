import { expect, it } from "vitest";
import { expectNothingLeft } from "./expect-nothing-left.js";
import { soakStreams } from "./soak-streams.js";

const MB = 1024 * 1024;

it.each([
  ["every stream falls over", false],
  ["the failing target is left alone", true],
])(
  "1,000 streams through a failing and a good target for a minute, while %s",
  async (_, breaker) => {
    const report = await soakStreams({ streams: 1000, seconds: 60, answerMs: 5000, breaker });
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    expectNothingLeft(report, 16 * MB);
    expect(report.whole).toBeGreaterThan(1000);
  },
  300_000,
);
