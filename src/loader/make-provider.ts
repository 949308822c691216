import { isObject, ParlanceError, type Provider, type ProviderPlugin, type ProviderSettings } from "../sdk/index.js";
import type { Capability } from "./manifest.js";
import type { Context } from "./plugin-code.js";
import type { Entry } from "./plugin-entry.js";
import type { Placement } from "./remote/placement.js";
import { createRemotes, isolationOf } from "./remote/remotes.js";
import { checkSettings } from "./settings.js";

/** Whether a plugin's code runs outside of this thread for a provider of that placement. */
export function isElsewhere({ found }: Entry, placement: Placement | undefined): boolean {
  return isolationOf(found.name, found.manifest, placement) !== "in_process";
}

/** Makes a provider where the placement says, outside of this thread. */
export async function makeElsewhere(
  entry: Entry,
  settings: ProviderSettings,
  placement: Placement,
  context: Context,
): Promise<Provider> {
  // What is told of them is told of the entry; there is nothing else to do.
  entry.remotes ??= createRemotes(entry.found.name, entry.found, () => context.change(entry, () => {}));
  return keepsPromises(entry, await entry.remotes.create(settings, placement), settings.name, context);
}

/**
 * Makes a provider of code that was imported. Throws `invalid_request` that names the setting at fault, and
 * `provider_unavailable` where the plugin failed.
 */
export function makeProvider(
  entry: Entry,
  plugin: ProviderPlugin,
  settings: ProviderSettings,
  context: Context,
): Provider {
  const checked = checkSettings(entry.found.manifest?.settings, settings.settings);
  const [first] = checked.problems;
  if (first) {
    const path = `providers.${settings.name}.settings${first.path === "" ? "" : `.${first.path}`}`;
    throw new ParlanceError("invalid_request", `${path}: ${first.message}`, { field: path });
  }
  let provider: Provider;
  try {
    provider = plugin.create({ ...settings, settings: checked.settings });
  } catch (error) {
    if (ParlanceError.is(error)) throw error;
    const told = error instanceof Error ? error.message : String(error);
    throw new ParlanceError(
      "provider_unavailable",
      `The plugin "${entry.found.name}" threw while it made the provider "${settings.name}": ${told}`,
      {
        provider: settings.name,
        cause: error,
      },
    );
  }
  if (!isObject(provider)) {
    throw new ParlanceError(
      "provider_unavailable",
      `The plugin "${entry.found.name}" made no provider "${settings.name}".`,
      {
        provider: settings.name,
      },
    );
  }
  return keepsPromises(entry, provider, settings.name, context);
}

/** Tells where a provider lacks what the manifest promises; gives the provider. */
function keepsPromises(entry: Entry, provider: Provider, name: string, { change }: Context): Provider {
  const missing = (entry.found.manifest?.capabilities ?? []).filter((capability) => !canDo(provider, capability));
  if (missing.length > 0) {
    change(entry, () => {
      entry.state = "degraded";
      entry.reason = `Its manifest promises ${missing.join(", ")}, which the provider "${name}" has no way to do.`;
    });
  }
  return provider;
}

function canDo(provider: Provider, capability: Capability): boolean {
  switch (capability) {
    case "complete":
      return provider.wire?.chat !== undefined || provider.complete !== undefined;
    case "embed":
      return provider.wire?.embeddings !== undefined || provider.embed !== undefined;
    case "count_tokens":
      return provider.wire?.tokenCount !== undefined || provider.countTokens !== undefined;
  }
}
