import type { StateChange } from "../loader/plugin-entry.js";
import type { Log } from "./log.js";

/** One log line for every change of a plugin's state. That its code is imported on first use is as it should be: `debug`. */
export function observePlugin(log: Log, { before, now }: StateChange): void {
  const isGrave = now.state === "failed" || now.state === "degraded";
  const isUsual = before.state === "validated" && now.state === "ready";
  log.write(isGrave ? "warn" : isUsual ? "debug" : "info", {
    msg: "plugin state",
    plugin: now.name,
    version: now.version,
    previous_version: before.version === now.version ? undefined : before.version,
    state: now.state,
    previous_state: before.state,
    reason: now.reason,
  });
}
