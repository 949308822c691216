import type { ConcurrencyConfig, Config, LoadConfig } from "../gen/parlance/config/v1/config_pb.js";
import { millisecondsOf } from "./duration.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

/** Checks how much a target and the gateway take on at once. */
export function checkLoad({ load, models, resilience }: Config, report: Report): void {
  checkQueue(resilience?.concurrency, ["resilience", "concurrency"], report);
  for (const [name, model] of Object.entries(models)) {
    model.targets.forEach((target, index) =>
      checkQueue(target.concurrency, ["models", name, "targets", index, "concurrency"], report),
    );
  }
  if (load === undefined) return;
  checkQueue(load, ["load"], report);
  if (load.maxMemory !== undefined && load.maxMemory < 1) {
    report(["load", "max_memory"], `must be 1 MiB or more, not ${load.maxMemory}.`);
  }
  if (millisecondsOf(load.maxDelay, 1) <= 0) report(["load", "max_delay"], "must be longer than nothing.");
}

function checkQueue(config: ConcurrencyConfig | LoadConfig | undefined, path: Path, report: Report): void {
  if (config === undefined) return;
  const { maxInFlight, queue, queueTimeout } = config;
  if (maxInFlight !== undefined && maxInFlight < 1) {
    report([...path, "max_in_flight"], `must be 1 or more, not ${maxInFlight}.`);
  }
  if (queue !== undefined && queue < 0) report([...path, "queue"], `must be 0 or more, not ${queue}.`);
  if (millisecondsOf(queueTimeout, 1) <= 0) {
    report([...path, "queue_timeout"], "must be longer than nothing. To have nobody wait, write `queue: 0`.");
  }
}
