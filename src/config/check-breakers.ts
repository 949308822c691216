import type { BreakerConfig, Config, ProbeConfig } from "../gen/parlance/config/v1/config_pb.js";
import { millisecondsOf } from "./duration.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Shorter ones would be asked for more often than they can answer. */
const MIN_PROBE_MS = 1000;

/** Checks when targets are no longer called, and how they are asked whether they are back. */
export function checkBreakers({ resilience, models }: Config, report: Report): void {
  checkBreaker(resilience?.breaker, ["resilience", "breaker"], report);
  checkProbe(resilience?.probe, report);
  for (const [name, model] of Object.entries(models)) {
    model.targets.forEach((target, index) => {
      checkBreaker(target.breaker, ["models", name, "targets", index, "breaker"], report);
    });
  }
}

function checkBreaker(breaker: BreakerConfig | undefined, path: Path, report: Report): void {
  if (breaker === undefined) return;
  const { failures, minAttempts, permits } = breaker;
  if (failures !== undefined && failures < 0) report([...path, "failures"], `must be 0 or more, not ${failures}.`);
  for (const [name, count] of [
    ["min_attempts", minAttempts],
    ["permits", permits],
  ] as const) {
    if (count !== undefined && count < 1) report([...path, name], `must be 1 or more, not ${count}.`);
  }
  for (const [name, percent] of [
    ["failure_percent", breaker.failurePercent],
    ["slow_percent", breaker.slowPercent],
    ["panic_percent", breaker.panicPercent],
  ] as const) {
    if (percent === undefined || (percent >= 0 && percent <= 100)) continue;
    report([...path, name], `must be from 0 to 100, not ${percent}.`);
  }
  for (const name of ["open", "window", "slow", "ejection"] as const) {
    const duration = breaker[name];
    if (duration !== undefined && millisecondsOf(duration, 0) <= 0) report([...path, name], "must be longer than 0.");
  }
}

function checkProbe(probe: ProbeConfig | undefined, report: Report): void {
  if (probe === undefined) return;
  const path = ["resilience", "probe"];
  if (probe.interval !== undefined && millisecondsOf(probe.interval, 0) < MIN_PROBE_MS) {
    report([...path, "interval"], "must be 1s or longer.");
  }
  if (probe.timeout !== undefined && millisecondsOf(probe.timeout, 0) <= 0) {
    report([...path, "timeout"], "must be longer than 0.");
  }
}
