import { accessSync, constants } from "node:fs";
import type { Config } from "../gen/parlance/config/v1/config_pb.js";
import { nearest } from "../sdk/index.js";
import type { Report } from "./decode.js";
import { parseDollars } from "./money.js";

/** How targets can be chosen. */
export const STRATEGIES = ["priority"] as const;
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

const MAX_PORT = 65_535;

/** Checks what a type cannot say: that names which are referred to exist, and that values make sense together. */
export function check(config: Config, pluginNames: readonly string[], report: Report): void {
  checkServer(config, report);
  checkProviders(config, pluginNames, report);
  checkModels(config, report);
  oneOf(config.log?.level, LOG_LEVELS, ["log", "level"], report);
}

function checkServer(config: Config, report: Report): void {
  const { server } = config;
  if (server === undefined) return;
  if (server.port !== undefined && (server.port < 0 || server.port > MAX_PORT)) {
    report(["server", "port"], `must be from 0 to ${MAX_PORT}.`);
  }
  if (server.maxBodyBytes !== undefined && server.maxBodyBytes < 1024n) {
    report(["server", "max_body_bytes"], "must be at least 1024.");
  }
  if (server.tls === undefined) return;
  for (const [name, file] of [
    ["cert_file", server.tls.certFile],
    ["key_file", server.tls.keyFile],
  ] as const) {
    if (file === "") report(["server", "tls", name], "is required to serve TLS.");
    else if (!isReadable(file)) report(["server", "tls", name], `names a file that cannot be read: ${file}.`);
  }
}

function checkProviders(config: Config, pluginNames: readonly string[], report: Report): void {
  for (const [name, provider] of Object.entries(config.providers)) {
    if (name === "" || name.includes("/")) report(["providers", name], "needs a name without a slash.");
    const plugin = provider.plugin ?? name;
    if (!pluginNames.includes(plugin)) {
      const path = provider.plugin === undefined ? ["providers", name] : ["providers", name, "plugin"];
      const [near] = nearest(plugin, pluginNames);
      report(path, `There is no plugin "${plugin}". Found are ${pluginNames.join(", ")}.`, near);
    }
    if (provider.baseUrl !== undefined && !/^https?:\/\//.test(provider.baseUrl)) {
      report(["providers", name, "base_url"], "must begin with http:// or https://.");
    } else if (provider.baseUrl !== undefined && !URL.canParse(provider.baseUrl)) {
      report(["providers", name, "base_url"], "is not a URL.");
    }
  }
}

function checkModels(config: Config, report: Report): void {
  const providers = Object.keys(config.providers);
  for (const [name, model] of Object.entries(config.models)) {
    const path = ["models", name];
    if (name === "") report(path, "needs a name.");
    oneOf(model.strategy, STRATEGIES, [...path, "strategy"], report);
    if (model.targets.length === 0) report([...path, "targets"], "needs at least one target.");
    model.targets.forEach((target, index) => {
      const at = [...path, "targets", index];
      if (target.provider === "") report([...at, "provider"], "is required.");
      else if (!providers.includes(target.provider)) {
        const [near] = nearest(target.provider, providers);
        report([...at, "provider"], `There is no provider "${target.provider}" in providers.`, near);
      }
      if (target.model === "") report([...at, "model"], "is required: the provider's own name for the model.");
      if (target.price === undefined) return;
      const { input, output, cacheRead, cacheWrite } = target.price;
      for (const [key, value] of [
        ["input", input],
        ["output", output],
        ["cache_read", cacheRead],
        ["cache_write", cacheWrite],
      ] as const) {
        if (value !== undefined && parseDollars(value) === undefined) {
          report([...at, "price", key], 'must be decimal dollars for a million tokens, as text: "2.50".');
        }
      }
    });
  }
}

function oneOf(
  value: string | undefined,
  known: readonly string[],
  path: readonly (string | number)[],
  report: Report,
): void {
  if (value === undefined || known.includes(value)) return;
  const [near] = nearest(value, known);
  report(path, `cannot be "${value}". It can be ${known.join(", ")}.`, near);
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
