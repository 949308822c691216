import { expect, it } from "vitest";
import { problemsOf } from "../../test/support/config-problems.js";

const WELL = `
  breaker: { failures: 0, open: 1s, window: 30s, failure_percent: 0, min_attempts: 1, slow: 500ms, slow_percent: 100, permits: 3, ejection: 1s, panic_percent: 33.3 }
  probe: { interval: 1s, timeout: 250ms }`;

it("breakers and probes are well as they are described", () => {
  expect(problemsOf(`resilience:${WELL}`)).toEqual([]);
});

it.each([
  ["breaker: { failures: -1 }", "breaker.failures: must be 0 or more, not -1."],
  ["breaker: { permits: 0 }", "breaker.permits: must be 1 or more, not 0."],
  ["breaker: { min_attempts: 0 }", "breaker.min_attempts: must be 1 or more, not 0."],
  ["breaker: { failure_percent: 101 }", "breaker.failure_percent: must be from 0 to 100, not 101."],
  ["breaker: { slow_percent: -0.5 }", "breaker.slow_percent: must be from 0 to 100, not -0.5."],
  ["breaker: { panic_percent: 200 }", "breaker.panic_percent: must be from 0 to 100, not 200."],
  ["breaker: { window: 0s }", "breaker.window: must be longer than 0."],
  ["breaker: { open: 0s }", "breaker.open: must be longer than 0."],
  ["probe: { interval: 10ms }", "probe.interval: must be 1s or longer."],
  ["probe: { timeout: 0s }", "probe.timeout: must be longer than 0."],
])("%s is told with its place", (yaml, problem) => {
  expect(problemsOf(`resilience: { ${yaml} }`)).toEqual([expect.stringContaining(problem)]);
});

it("a target's own breaker is checked as well", () => {
  const yaml = `
providers: { simulator: {} }
models: { m: { targets: [{ provider: simulator, model: echo, breaker: { permits: 0 } }] } }`;
  expect(problemsOf(yaml)).toEqual([expect.stringContaining("models.m.targets[0].breaker.permits: must be 1 or more")]);
});
