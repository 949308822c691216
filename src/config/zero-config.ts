import { create } from "@bufbuild/protobuf";
import { type Config, ConfigSchema, ProviderConfigSchema } from "../gen/parlance/config/v1/config_pb.js";
import type { Environment } from "./environment.js";
import { fullAddress } from "./full-address.js";
import type { KnownPlugin } from "./known-plugin.js";

/** The configuration where there is no file: the usual providers, and defaults for all else. */
export function zeroConfig(plugins: readonly KnownPlugin[], environment: Environment): Config {
  const config = create(ConfigSchema);
  addUsualProviders(config, plugins, environment);
  return config;
}

/**
 * Adds the usual providers to a configuration that names none, each under its plugin's name: every plugin that takes
 * nothing from the environment, and every other whose usual variable is set. `plugins.allow` counts here too.
 */
export function addUsualProviders(config: Config, plugins: readonly KnownPlugin[], environment: Environment): void {
  const allow = config.plugins?.allow ?? [];
  for (const { name, environment: names } of plugins) {
    if (names === undefined || (allow.length > 0 && !allow.includes(name))) continue;
    const apiKey = valueOf(names.apiKey, environment);
    const address = valueOf(names.baseUrl, environment);
    const baseUrl = address && fullAddress(address, names.port);
    const needed = (names.keyOptional === true ? names.baseUrl : undefined) ?? names.apiKey ?? names.baseUrl;
    if (needed !== undefined && valueOf(needed, environment) === undefined) continue;
    config.providers[name] = create(ProviderConfigSchema, {
      plugin: name,
      ...(apiKey !== undefined && { apiKey }),
      ...(baseUrl !== undefined && { baseUrl }),
    });
  }
}

/**
 * What a variable says, or of several the first that is set. One that is empty is not set. White space around a value
 * comes from how it was set, and is never meant.
 */
function valueOf(names: string | readonly string[] | undefined, environment: Environment): string | undefined {
  for (const name of [names ?? []].flat()) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}
