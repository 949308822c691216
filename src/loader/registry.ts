import {
  isObject,
  nearest,
  ParlanceError,
  type Provider,
  type ProviderPlugin,
  type ProviderSettings,
} from "../sdk/index.js";
import { type LoadWorld, loadPlugin } from "./load.js";
import type { Capability, FoundPlugin, Manifest } from "./manifest.js";
import type { Placement } from "./remote/placement.js";
import { createRemotes, isolationOf, type Remotes } from "./remote/remotes.js";
import { remoteStatus } from "./remote/remote-status.js";
import { checkSettings } from "./settings.js";

/**
 * How far a plugin has come: `discovered` (found, and not allowed to run), `validated` (its manifest is good, its code
 * has not run), `ready` (imported), `degraded` (imported, and a provider of it lacks what the manifest promises),
 * `failed` (cannot be used).
 */
export type PluginState = "discovered" | "validated" | "ready" | "degraded" | "failed";

/** What an operator sees of a plugin. */
export interface PluginStatus {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  readonly state: PluginState;
  /** Why it is in this state, in sentences; absent where nothing is to be told. */
  readonly reason?: string | undefined;
  readonly capabilities: readonly Capability[];
}

/** The plugins of one process. A plugin that fails leaves all others as they are. */
export interface PluginRegistry {
  /** Every plugin that was found, by name; also those that cannot be used. */
  list(): PluginStatus[];
  /** One plugin. Throws `not_found` with near names. */
  get(name: string): PluginStatus;
  /** Its checked manifest; absent when the plugin failed its check. Throws `not_found` with near names. */
  manifest(name: string): Manifest | undefined;
  /** Imports it on the first call; later calls share the one promise. Throws `provider_unavailable` with the reason. */
  load(name: string): Promise<ProviderPlugin>;
  /**
   * Loads the plugin and makes a provider of it. Throws `invalid_request` that names the setting at fault
   * (`providers.<name>.settings.<path>`), and `provider_unavailable` when the plugin cannot be used. `placement`: where
   * it runs; absent means in this thread. With an address in it no plugin of this registry is used.
   */
  create(name: string, settings: ProviderSettings, placement?: Placement): Promise<Provider>;
}

/** What may be loaded, and the world that it is loaded in. */
export interface RegistryOptions {
  /** Names of the plugins that may be loaded. Absent or empty means every one that was found. */
  readonly allow?: readonly string[] | undefined;
  readonly world?: Partial<LoadWorld> | undefined;
}

interface Entry {
  readonly found: FoundPlugin;
  state: PluginState;
  reason: string | undefined;
  loading?: Promise<ProviderPlugin>;
  /** What runs of it outside of this thread. Absent until something does. */
  remotes?: Remotes;
}

/** What somebody else runs. */
interface Foreign {
  readonly address: string;
  readonly remotes: Remotes;
}

/** Makes a registry of what `discover` found. The first of two with the same name has it; the other is failed. */
export function createRegistry(found: readonly FoundPlugin[], options: RegistryOptions = {}): PluginRegistry {
  const { allow = [], world } = options;
  const byName = new Map<string, Entry>();
  const entries = found.map((plugin) => {
    const entry = enter(plugin, byName.get(plugin.name), allow);
    if (!byName.has(plugin.name)) byName.set(plugin.name, entry);
    return entry;
  });

  const entryOf = (name: string): Entry => {
    const entry = byName.get(name);
    if (entry) return entry;
    const suggestions = nearest(name, [...byName.keys()]);
    const hint =
      suggestions.length > 0
        ? `Did you mean ${suggestions.map((near) => `"${near}"`).join(" or ")}?`
        : `Known are: ${[...byName.keys()].sort().join(", ") || "none"}.`;
    throw new ParlanceError("not_found", `There is no plugin "${name}". ${hint}`, { suggestions });
  };

  const load = (name: string): Promise<ProviderPlugin> => {
    const entry = entryOf(name);
    entry.loading ??= begin(entry, world);
    return entry.loading;
  };

  /** By the provider's name. */
  const foreign = new Map<string, Foreign>();

  const createElsewhere = async (name: string, settings: ProviderSettings, placement: Placement): Promise<Provider> => {
    const { address } = placement;
    if (address !== undefined) {
      const remotes = foreign.get(settings.name)?.remotes ?? createRemotes(settings.name);
      foreign.set(settings.name, { address, remotes });
      return remotes.create(settings, placement);
    }
    const entry = entryOf(name);
    if (entry.state === "discovered" || entry.state === "failed") throw unusable(entry, undefined);
    entry.remotes ??= createRemotes(name, entry.found);
    return keepsPromises(entry, await entry.remotes.create(settings, placement), settings.name);
  };

  return {
    list: () =>
      [...entries.map(statusOf), ...[...foreign].map(([name, one]) => foreignStatus(name, one))].sort((a, b) =>
        a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
      ),
    get: (name) => statusOf(entryOf(name)),
    manifest: (name) => entryOf(name).found.manifest,
    // An unknown name rejects, as every other failure of a promise.
    load: async (name) => load(name),
    create: async (name, settings, placement) => {
      if (placement !== undefined && isElsewhere(byName.get(name), placement)) {
        return createElsewhere(name, settings, placement);
      }
      const plugin = await load(name);
      return makeProvider(entryOf(name), plugin, settings);
    },
  };
}

function enter(found: FoundPlugin, rival: Entry | undefined, allow: readonly string[]): Entry {
  if (rival) {
    return { found, state: "failed", reason: `Its name is taken by the plugin in ${rival.found.directory}.` };
  }
  if (allow.length > 0 && !allow.includes(found.name)) {
    return { found, state: "discovered", reason: 'It is not in the list "plugins.allow".' };
  }
  if (!found.manifest) return { found, state: "failed", reason: found.problems.join(" ") };
  return { found, state: "validated", reason: undefined };
}

function isElsewhere(entry: Entry | undefined, placement: Placement): boolean {
  if (placement.address !== undefined) return true;
  return entry !== undefined && isolationOf(entry.found.name, entry.found.manifest, placement) !== "in_process";
}

function statusOf({ found, state, reason, remotes }: Entry): PluginStatus {
  const { name, version, directory, manifest } = found;
  return {
    name,
    version,
    directory,
    state,
    ...(reason !== undefined && { reason }),
    capabilities: manifest?.capabilities ?? [],
    ...remoteStatus(state, remotes),
  };
}

function foreignStatus(name: string, { address, remotes }: Foreign): PluginStatus {
  const told = remotes.told();
  return {
    name,
    version: told?.version ?? "",
    directory: address,
    state: "validated",
    capabilities: (told?.capabilities ?? []) as Capability[],
    ...remoteStatus("validated", remotes),
  };
}

async function begin(entry: Entry, world: Partial<LoadWorld> | undefined): Promise<ProviderPlugin> {
  const { manifest } = entry.found;
  if (entry.state !== "validated" || !manifest) throw unusable(entry, undefined);
  if (manifest.command !== undefined) throw isProgram(entry);
  try {
    const plugin = manifest.plugin ?? (await loadPlugin(manifest.entry ?? "", world));
    entry.state = "ready";
    return plugin;
  } catch (error) {
    entry.state = "failed";
    entry.reason = (error as Error).message;
    throw unusable(entry, error);
  }
}

function isProgram({ found: { name } }: Entry): ParlanceError {
  return new ParlanceError("unsupported", `The plugin "${name}" is a program of its own, which cannot be imported.`);
}

function unusable(entry: Entry, cause: unknown): ParlanceError {
  const { name } = entry.found;
  return new ParlanceError(
    "provider_unavailable",
    `The plugin "${name}" cannot be used. ${entry.reason ?? ""}`.trim(),
    {
      provider: name,
      cause,
    },
  );
}

function makeProvider(entry: Entry, plugin: ProviderPlugin, settings: ProviderSettings): Provider {
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
  return keepsPromises(entry, provider, settings.name);
}

/** Tells where a provider lacks what the manifest promises; gives the provider. */
function keepsPromises(entry: Entry, provider: Provider, name: string): Provider {
  const missing = (entry.found.manifest?.capabilities ?? []).filter((capability) => !canDo(provider, capability));
  if (missing.length > 0) {
    entry.state = "degraded";
    entry.reason = `Its manifest promises ${missing.join(", ")}, which the provider "${name}" has no way to do.`;
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
