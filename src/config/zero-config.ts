import { create } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../gen/parlance/config/v1/config_pb.js";
import type { Environment } from "./environment.js";

/** What the configuration must know of a plugin: its name, and the variables that its vendor's users set. */
export interface KnownPlugin {
  readonly name: string;
  readonly environment?:
    | {
        /** One variable, or several of which the first that is set counts. */
        readonly apiKey?: string | readonly string[] | undefined;
        readonly baseUrl?: string | undefined;
      }
    | undefined;
}

/**
 * The providers where no file names any: every plugin that needs no credential, and every other whose usual variable is
 * set.
 */
export function zeroConfig(plugins: readonly KnownPlugin[], environment: Environment): Config {
  const config = create(ConfigSchema);
  addUsualProviders(config, plugins, environment);
  return config;
}

/** Adds the usual providers to a configuration that names none. */
export function addUsualProviders(config: Config, plugins: readonly KnownPlugin[], environment: Environment): void {
  for (const plugin of plugins) {
    const variables = plugin.environment?.apiKey;
    const apiKey = [variables ?? []]
      .flat()
      .map((name) => environment[name])
      .find(Boolean);
    if (variables !== undefined && apiKey === undefined) continue;
    const baseUrl = plugin.environment?.baseUrl === undefined ? undefined : environment[plugin.environment.baseUrl];
    config.providers[plugin.name] = {
      $typeName: "parlance.config.v1.ProviderConfig",
      headers: {},
      plugin: plugin.name,
      ...(apiKey !== undefined && { apiKey }),
      ...(baseUrl !== undefined && baseUrl !== "" && { baseUrl }),
    };
  }
}
