import type { Config, ProviderConfig } from "../gen/parlance/config/v1/config_pb.js";
import { type JsonObject, nearest } from "../sdk/index.js";
import { checkApiKey } from "./check-api-key.js";
import { checkPlacement } from "./check-placement.js";
import { checkCredentials } from "./check-credentials.js";
import { millisecondsOf } from "./duration.js";
import type { KnownPlugin } from "./known-plugin.js";
import { type Path, pathSteps } from "./problem.js";
import type { Report } from "./reporter.js";

/** Checks each provider: its name, its plugin, its address, what it sends, and its plugin's own settings. */
export function checkProviders(config: Config, plugins: readonly KnownPlugin[], report: Report): void {
  for (const [name, provider] of Object.entries(config.providers)) {
    const path = ["providers", name];
    // The name stands before the first slash of `provider/model`, and in a header.
    if (!/^[^\s/\p{Cc}]+$/u.test(name)) report(path, "needs a name without slashes and without white space.");
    // Of what somebody else runs nothing is known before it is asked.
    const foreign = provider.address !== undefined;
    const plugin = foreign ? undefined : checkPlugin(provider.plugin ?? name, provider, path, config, plugins, report);
    checkPlacement(provider, plugin, path, report);
    checkBaseUrl(provider.baseUrl, [...path, "base_url"], report);
    checkApiKey(provider.apiKey, [...path, "api_key"], report);
    checkHeaders(provider.headers, [...path, "headers"], report);
    checkTimeouts(provider, [...path, "timeouts"], report);
    if (provider.credentials.length > 0) checkCredentials(provider, plugin, path, report);
    else checkSettings(provider.settings, plugin, path, report);
  }
}

function checkPlugin(
  name: string,
  provider: ProviderConfig,
  path: Path,
  config: Config,
  plugins: readonly KnownPlugin[],
  report: Report,
): KnownPlugin | undefined {
  const at = provider.plugin === undefined ? path : [...path, "plugin"];
  const plugin = plugins.find((one) => one.name === name);
  const allow = config.plugins?.allow ?? [];
  if (plugin === undefined) {
    const names = plugins.map((one) => one.name);
    const [near] = nearest(name, names);
    const found = near === undefined ? ` Found are ${names.join(", ") || "none"}.` : "";
    const missing = provider.plugin === undefined ? ' Name the plugin with "plugin".' : "";
    report(at, `There is no plugin "${name}".${missing}${found}`, near);
  } else if (allow.length > 0 && !allow.includes(name)) {
    report(at, `The plugin "${name}" may not be loaded: it is not in plugins.allow.`);
  }
  return plugin;
}

function checkSettings(
  settings: JsonObject | undefined,
  plugin: KnownPlugin | undefined,
  path: Path,
  report: Report,
): void {
  for (const problem of plugin?.checkSettings?.(settings ?? {}) ?? []) {
    report([...path, "settings", ...pathSteps(problem.path)], problem.message);
  }
}

function checkBaseUrl(url: string | undefined, path: Path, report: Report): void {
  if (url === undefined) return;
  if (!/^https?:\/\//i.test(url)) return report(path, "must begin with http:// or https://.");
  if (!URL.canParse(url)) return report(path, "is not a URL.");
  const { username, password } = new URL(url);
  // It is told in logs and errors, where a credential must never be.
  if (username !== "" || password !== "") report(path, "must hold no credential. Put it into api_key or headers.");
}

/** Headers that say where a message ends and what becomes of its connection. */
const OURS = new Set(["connection", "content-length", "expect", "keep-alive", "te", "transfer-encoding", "upgrade"]);

function checkHeaders(headers: Readonly<Record<string, string>>, path: Path, report: Report): void {
  for (const [name, value] of Object.entries(headers)) {
    const at = [...path, name];
    // RFC 9110 §5.1 and §5.5.
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) report(at, "is not the name of a header.");
    else if (OURS.has(name.toLowerCase())) report(at, "is set by the gateway itself.");
    else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) report(at, "holds a sign that a header cannot carry.");
  }
}

function checkTimeouts({ timeouts }: ProviderConfig, path: Path, report: Report): void {
  for (const [name, duration] of [
    ["connect", timeouts?.connect],
    ["first_byte", timeouts?.firstByte],
    ["idle", timeouts?.idle],
    ["first_content", timeouts?.firstContent],
    ["attempt", timeouts?.attempt],
  ] as const) {
    if (millisecondsOf(duration, 1) <= 0) report([...path, name], "must be longer than nothing.");
  }
  const { minRate } = timeouts ?? {};
  if (minRate !== undefined && minRate < 0) report([...path, "min_rate"], `must be 0 or more, not ${minRate}.`);
}
