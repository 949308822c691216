import { expect, it } from "vitest";
import { LatencyMeter } from "./latency-meter.js";

function meter() {
  let now = 0;
  const made = new LatencyMeter({ monotonic: () => now, wall: () => now });
  return {
    meter: made,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

it("knows nothing before the first answer", () => {
  const { meter: one } = meter();
  one.began({});
  expect(one.now()).toBeUndefined();
});

it("believes a slower answer by half at once, and a quicker one as time passes", () => {
  const { meter: one, pass } = meter();
  one.record(100);
  one.record(1000);
  expect(one.now()?.ttftMs).toBe(550);
  one.record(50);
  expect(one.now()?.ttftMs).toBeCloseTo(550 * 0.7 + 50 * 0.3);
  pass(10_000);
  one.record(100);
  expect(one.now()?.ttftMs).toBeCloseTo(400 * 0.25 + 100 * 0.75);
  one.record(4000);
  pass(20_000);
  one.record(100);
  expect(one.now()?.ttftMs, "two half-lives later nothing else counts").toBe(100);
});

it("counts an attempt that waits for longer than answers took, until it is answered or has ended", () => {
  const { meter: one, pass } = meter();
  one.record(100);
  const [first, second] = [{}, {}];
  one.began(first);
  pass(50);
  one.began(second);
  expect(one.now()?.ttftMs).toBe(100);
  pass(1000);
  expect(one.now()?.ttftMs).toBe(1050);
  one.ended(first, undefined);
  expect(one.now()?.ttftMs).toBe(1000);
  one.answered(second, 1000);
  expect(one.now()?.ttftMs).toBeLessThan(1000);
});

it("has another half-life where one is configured, and halves of the times of tokens", () => {
  const { meter: one, pass } = meter();
  one.configure(1000);
  one.record(400);
  pass(2000);
  one.record(100);
  expect(one.now()?.ttftMs).toBe(100);
  one.ended({}, 10);
  one.ended({}, 20);
  expect(one.now()?.perTokenMs).toBe(15);
});
