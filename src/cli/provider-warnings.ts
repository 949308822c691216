import type { ProviderConfig } from "../gen/parlance/config/v1/config_pb.js";
import type { Manifest } from "../loader/manifest.js";
import type { OpenedConfig } from "./open-config.js";

/**
 * What keeps the configured providers from answering, as far as it shows without a run of a plugin's code: sentences,
 * none of which is a problem of the configuration, for the gateway serves the others. Empty where it is not valid.
 */
export function providerWarnings({ snapshot, plugins }: OpenedConfig): string[] {
  const warnings: string[] = [];
  for (const [name, provider] of Object.entries(snapshot?.config.providers ?? {})) {
    if (provider.address !== undefined) continue;
    const plugin = provider.plugin ?? name;
    const { state, reason = "" } = plugins.get(plugin);
    const manifest = plugins.manifest(plugin);
    if (state === "failed") {
      warnings.push(`The provider "${name}" cannot be used, its plugin is faulty: ${reason}`);
    } else if (state === "discovered") {
      warnings.push(`The provider "${name}" cannot be used. Its plugin: ${reason}`);
    } else if (manifest !== undefined) {
      const problem = faultOf(name, provider, manifest);
      if (problem !== undefined) warnings.push(`The provider "${name}" cannot be used: ${problem}`);
      const missing = lacksKey(provider, manifest) ? [manifest.environment.apiKey ?? []].flat() : [];
      if (missing.length > 0) {
        const variables = missing.length === 1 ? `variable ${missing[0]}` : `variables ${missing.join(" or ")}`;
        warnings.push(`The provider "${name}" has no credential. Set providers.${name}.api_key, or the ${variables}.`);
      }
    }
  }
  return warnings;
}

/** Why a plugin that is data makes no provider of the settings. */
function faultOf(name: string, provider: ProviderConfig, { plugin }: Manifest): string | undefined {
  const { baseUrl, apiKey, settings = {}, credentials } = provider;
  // Settings of a credential's own are seen when it is used.
  if (plugin === undefined || credentials.length > 0) return undefined;
  try {
    plugin.create({ name, baseUrl, apiKey, settings });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A plugin of code whose variables hold settings may have other ways to a credential, such as those of a cloud. */
function lacksKey(provider: ProviderConfig, { environment, plugin, onlyByName }: Manifest): boolean {
  const { apiKey, baseUrl, credentials, headers } = provider;
  if (apiKey !== undefined || baseUrl !== undefined || credentials.length > 0) return false;
  if (Object.keys(headers).length > 0 || environment.keyOptional === true || onlyByName === true) return false;
  return plugin !== undefined || Object.keys(environment.settings ?? {}).length === 0;
}
