import type { StateChange } from "../loader/plugin-entry.js";
import type { WriteRecord } from "./observe.js";

/** One log line for every change of a plugin's state. */
export function observePlugin(write: WriteRecord, { before, now }: StateChange): void {
  const isGrave = now.state === "failed" || now.state === "degraded";
  write(isGrave ? "warn" : "info", {
    msg: "plugin state",
    plugin: now.name,
    version: now.version,
    previous_version: before.version === now.version ? undefined : before.version,
    state: now.state,
    previous_state: before.state,
    reason: now.reason,
  });
}
