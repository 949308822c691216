import type { ProviderConfig } from "../gen/parlance/config/v1/config_pb.js";
import { millisecondsOf } from "./duration.js";
import type { KnownPlugin } from "./known-plugin.js";
import { oneOf } from "./one-of.js";
import type { Path } from "./problem.js";
import type { Report } from "./reporter.js";

const ISOLATIONS = ["in_process", "worker", "process"];

/** Checks where a provider's plugin runs, and how it is watched over there. */
export function checkPlacement(
  provider: ProviderConfig,
  plugin: KnownPlugin | undefined,
  path: Path,
  report: Report,
): void {
  const { isolation, address } = provider;
  if (isolation !== undefined) {
    oneOf(isolation, ISOLATIONS, [...path, "isolation"], report);
    if (plugin?.program === true && (isolation === "worker" || isolation === "in_process")) {
      report([...path, "isolation"], 'must be "process": the plugin is a program of its own.');
    }
  }
  if (address !== undefined) checkAddress(address, [...path, "address"], report);
  checkSupervision(provider, [...path, "supervision"], report);
  if (address === undefined) return;
  if (provider.plugin !== undefined)
    report([...path, "plugin"], "goes without address: somebody else runs the plugin.");
  if (isolation !== undefined) report([...path, "isolation"], "goes without address: somebody else runs the plugin.");
}

function checkAddress(address: string, path: Path, report: Report): void {
  if (address.startsWith("unix:")) {
    if (!/^unix:\/[^\0]+$/.test(address))
      report(path, "must name the absolute path of a socket, such as unix:/run/acme.sock.");
    return;
  }
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    return report(path, "must be unix:/path, http://host:port or https://host:port.");
  }
  const { username, password, pathname, search } = new URL(address);
  if (username !== "" || password !== "") report(path, "must hold no credential. Put it into supervision.token.");
  if (pathname !== "/" || search !== "") report(path, "must end after the port.");
}

/** What says how a plugin is run makes no sense for one that somebody else runs, and the other way round. */
function checkSupervision({ address, supervision }: ProviderConfig, path: Path, report: Report): void {
  if (supervision === undefined) return;
  const { memoryLimit, crashBudget, token, caFile, startTimeout, healthInterval, crashWindow } = supervision;
  const foreign = address !== undefined;
  for (const [name, value] of [
    ["memory_limit", memoryLimit],
    ["crash_budget", crashBudget],
    ["crash_window", crashWindow],
  ] as const) {
    if (foreign && value !== undefined) report([...path, name], "goes without address: somebody else runs the plugin.");
  }
  for (const [name, value] of [
    ["token", token],
    ["ca_file", caFile],
  ] as const) {
    if (!foreign && value !== undefined) report([...path, name], "goes with address only.");
  }
  if (caFile !== undefined && foreign && !address.startsWith("https:")) {
    report([...path, "ca_file"], "goes with an address that begins with https:// only.");
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    report([...path, "token"], "must be visible ASCII without spaces.");
  if (memoryLimit !== undefined && memoryLimit < 32) report([...path, "memory_limit"], "must be 32 (MiB) at least.");
  if (crashBudget !== undefined && crashBudget < 1) report([...path, "crash_budget"], "must be 1 at least.");
  checkDuration(startTimeout, 100, [...path, "start_timeout"], report);
  checkDuration(healthInterval, 50, [...path, "health_interval"], report);
  checkDuration(crashWindow, 1000, [...path, "crash_window"], report);
}

function checkDuration(
  duration: { seconds: bigint; nanos: number } | undefined,
  leastMs: number,
  path: Path,
  report: Report,
): void {
  if (millisecondsOf(duration, leastMs) < leastMs) report(path, `must be ${leastMs}ms at least.`);
}
