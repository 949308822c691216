import { create } from "@bufbuild/protobuf";
import {
  type Config,
  ConfigSchema,
  type ProviderConfig,
  ProviderConfigSchema,
} from "../gen/parlance/config/v1/config_pb.js";
import type { Environment } from "./environment.js";
import { fullAddress } from "./full-address.js";
import type { KnownPlugin, Variables } from "./known-plugin.js";

/** The configuration where there is no file: the usual providers, and defaults for all else. */
export function zeroConfig(plugins: readonly KnownPlugin[], environment: Environment): Config {
  const config = create(ConfigSchema);
  addUsualProviders(config, plugins, environment);
  fillFromVariables(config, plugins, environment);
  return config;
}

/**
 * Adds the usual providers to a configuration that names none, each under its plugin's name: every plugin that takes
 * nothing from the environment, and every other whose usual variable is set. `plugins.allow` and `plugins.disable` count
 * here too.
 */
export function addUsualProviders(config: Config, plugins: readonly KnownPlugin[], environment: Environment): void {
  const { allow = [], disable = [] } = config.plugins ?? {};
  for (const { name, environment: names, onlyByName } of plugins) {
    if (names === undefined || onlyByName === true) continue;
    if ((allow.length > 0 && !allow.includes(name)) || disable.includes(name)) continue;
    const enough = names.keyOptional === true ? names.baseUrl : undefined;
    const needed = enough ?? names.apiKey ?? names.baseUrl ?? Object.values(names.settings ?? {}).flat();
    if (needed.length > 0 && valueOf(needed, environment) === undefined) continue;
    config.providers[name] = create(ProviderConfigSchema, { plugin: name });
  }
}

/**
 * Fills what the configuration leaves out of each provider from the usual variables of its plugin's vendor. The key and
 * the address of the variables belong together: they are taken only where the configuration says neither, so that a
 * vendor's key goes to no other server, and a key of the file to none that the file does not name. A setting is taken
 * wherever it is not written.
 */
export function fillFromVariables(config: Config, plugins: readonly KnownPlugin[], environment: Environment): void {
  for (const [name, provider] of Object.entries(config.providers)) {
    // Who runs the plugin elsewhere configures it there.
    if (provider.address !== undefined) continue;
    const names = plugins.find((plugin) => plugin.name === (provider.plugin ?? name))?.environment;
    if (names === undefined) continue;
    const apiKey = valueOf(names.apiKey, environment);
    const address = valueOf(names.baseUrl, environment);
    const baseUrl = address === undefined ? undefined : fullAddress(address, names.port);
    if (saysNeitherKeyNorAddress(provider)) {
      if (apiKey !== undefined) provider.apiKey = apiKey;
      if (baseUrl !== undefined) provider.baseUrl = baseUrl;
    }
    for (const [setting, variables] of Object.entries(names.settings ?? {})) {
      const value = valueOf(variables, environment);
      if (value === undefined || provider.settings?.[setting] !== undefined) continue;
      provider.settings = { ...provider.settings, [setting]: value };
    }
  }
}

function saysNeitherKeyNorAddress({ apiKey, baseUrl, credentials }: ProviderConfig): boolean {
  return apiKey === undefined && baseUrl === undefined && credentials.length === 0;
}

/**
 * What a variable says, or of several the first that is set. One that is empty is not set. White space around a value
 * comes from how it was set, and is never meant.
 */
function valueOf(names: Variables | undefined, environment: Environment): string | undefined {
  for (const name of [names ?? []].flat()) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}
