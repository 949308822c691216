import { nearest, ParlanceError, type Provider, type ProviderPlugin, type ProviderSettings } from "../sdk/index.js";
import { nextEdition } from "./edition.js";
import { createForeigners } from "./foreigners.js";
import type { LoadWorld } from "./load.js";
import { isElsewhere, makeElsewhere, makeProvider } from "./make-provider.js";
import type { FoundPlugin, Manifest } from "./manifest.js";
import { begin, type Context, unusable } from "./plugin-code.js";
import type { Isolation, Placement } from "./remote/placement.js";
import { type NewEdition, renewPlugin } from "./renew-plugin.js";
import { readPlugins } from "./rows.js";
import {
  type Entry,
  isSamePackage,
  isSameStatus,
  newEntry,
  type PluginStatus,
  type StateChange,
  statusOf,
} from "./plugin-entry.js";

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
  /** Why an operator's word forbids to call it (allow-list, disabled, unloaded); undefined when none does. */
  refusal(name: string): ParlanceError | undefined;
  /** Lets it be used, or not, until the next start, whatever the configuration has said. Throws `not_found`. */
  enable(name: string, enabled: boolean): void;
  /** Forgets its code; it is not used before it is renewed. Throws `not_found`. */
  unload(name: string): void;
  /**
   * Searches again, reads the plugin's manifest and has its code anew, also of one that was not there before: imported
   * here where it runs in this thread, else started where its providers are made. `places`: where the configuration has
   * its providers run, undefined for those that it leaves to the manifest; absent means no providers. Nothing changes until the new edition is taken. Throws `not_found`, and `provider_unavailable` with the reason, which the plugin's
   * status tells from then on.
   */
  renew(name: string, places?: readonly (Isolation | undefined)[]): Promise<NewEdition>;
  /** Has every change of a state told, also by the registries that take this one's place. */
  onChange(listener: (change: StateChange) => void): void;
}

/** What may be loaded, and the world that it is loaded in. */
export interface RegistryOptions {
  /** Names of the plugins that may be loaded. Absent or empty means every one that was found. */
  readonly allow?: readonly string[] | undefined;
  /** Names of the plugins that may not be loaded until an operator enables them. Absent means none. */
  readonly disable?: readonly string[] | undefined;
  readonly world?: Partial<LoadWorld> | undefined;
  /** Searches for plugins again. Absent means that the packages which were found are read again. */
  readonly find?: (() => Promise<readonly FoundPlugin[]>) | undefined;
  /** The registry that this one takes the place of: what it knows of packages that are as they were stays known. */
  readonly previous?: PluginRegistry | undefined;
  /** Unix milliseconds. Absent means the system's clock. */
  readonly now?: (() => number) | undefined;
}

/** What a registry leaves to the one that takes its place. */
interface Inside {
  readonly byName: ReadonlyMap<string, Entry>;
  readonly disable: readonly string[];
  /** What operators said at run time: whether a plugin may be used. */
  readonly switches: Map<string, boolean>;
  readonly listeners: Set<(change: StateChange) => void>;
}

const insides = new WeakMap<PluginRegistry, Inside>();
/** What was last told of an entry; registries that follow one another share them. */
const seen = new WeakMap<Entry, PluginStatus>();

/** Makes a registry of what `discover` found. The first of two with the same name has it; the other is failed. */
export function createRegistry(found: readonly FoundPlugin[], options: RegistryOptions = {}): PluginRegistry {
  const { allow = [], disable = [], world, previous, now = Date.now } = options;
  const find =
    options.find ?? (async () => (await Promise.all(found.map(({ directory }) => readPlugins(directory)))).flat());
  const before = previous && insides.get(previous);
  const switches = inheritSwitches(before, disable);
  const listeners = before?.listeners ?? new Set();
  const byName = new Map<string, Entry>();
  const entries: Entry[] = [];
  const add = (plugin: FoundPlugin): Entry => {
    const rival = byName.get(plugin.name);
    const entry = rival ? newEntry(plugin, now(), rival) : inherit(before?.byName.get(plugin.name), plugin, now());
    entries.push(entry);
    if (rival === undefined) byName.set(plugin.name, entry);
    if (!seen.has(entry)) seen.set(entry, status(entry));
    return entry;
  };

  const forbidden = (entry: Entry): string | undefined => {
    const { name } = entry.found;
    if (byName.get(name) !== entry) return undefined;
    if (allow.length > 0 && !allow.includes(name)) return 'It is not in the list "plugins.allow".';
    const enabled = switches.get(name);
    if (enabled === false) return "It was disabled by an operator. Enable it to use it.";
    if (enabled === undefined && disable.includes(name)) return 'It is disabled in the list "plugins.disable".';
    return undefined;
  };
  const blockOf = (entry: Entry): string | undefined => {
    const reason = forbidden(entry);
    if (reason !== undefined) return reason;
    return entry.unloaded ? "It was unloaded by an operator. Load it to use it." : undefined;
  };
  const status = (entry: Entry): PluginStatus => statusOf(entry, blockOf(entry));
  const tell = (told: StateChange): void => listeners.forEach((listener) => listener(told));
  /** Every change of an entry goes through here, so that none is untold. */
  const change = (entry: Entry, act: () => void): void => {
    // What runs elsewhere has changed before this is called.
    const earlier = seen.get(entry) ?? status(entry);
    act();
    const later = status(entry);
    seen.set(entry, later);
    if (isSameStatus(earlier, later)) return;
    if (earlier.state !== later.state) entry.since = now();
    tell({ before: earlier, now: status(entry) });
  };
  const context: Context = { world, change, now };
  found.forEach(add);

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
    const block = blockOf(entry);
    if (block !== undefined) throw unusable(entry, block);
    entry.loading ??= begin(entry, context);
    return entry.loading;
  };

  const foreigners = createForeigners(now, tell);
  const registry: PluginRegistry = {
    list: () =>
      [...entries.map(status), ...foreigners.list()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    get: (name) =>
      (byName.has(name) ? undefined : foreigners.list().find((one) => one.name === name)) ?? status(entryOf(name)),
    manifest: (name) => entryOf(name).found.manifest,
    // An unknown name rejects, as every other failure of a promise.
    load: async (name) => load(name),
    async create(name, settings, placement) {
      if (placement?.address !== undefined) return foreigners.create(placement.address, settings, placement);
      const entry = entryOf(name);
      if (placement === undefined || !isElsewhere(entry, placement)) {
        return makeProvider(entry, await load(name), settings, context);
      }
      const block = blockOf(entry) ?? (entry.state === "failed" ? entry.reason : undefined);
      if (block !== undefined) throw unusable(entry, block);
      return makeElsewhere(entry, settings, placement, context);
    },
    refusal(name) {
      const entry = byName.get(name);
      const block = entry && blockOf(entry);
      return block === undefined ? undefined : unusable(entry as Entry, block);
    },
    enable(name, enabled) {
      const entry = entryOf(name);
      change(entry, () => switches.set(name, enabled));
    },
    unload(name) {
      const entry = entryOf(name);
      change(entry, () => forgetCode(entry));
    },
    async renew(name, places = []) {
      const again = (await find()).find((plugin) => plugin.name === name);
      const entry = byName.get(name) ?? (again === undefined ? entryOf(name) : add(again));
      const block = forbidden(entry);
      if (block !== undefined) throw unusable(entry, block);
      return renewPlugin(entry, again, places, context);
    },
    onChange: (listener) => void listeners.add(listener),
  };
  insides.set(registry, { byName, disable, switches, listeners });
  return registry;
}

/** An operator's later word counts: where the configuration now says otherwise of a plugin, that is the later one. */
function inheritSwitches(before: Inside | undefined, disable: readonly string[]): Map<string, boolean> {
  if (before === undefined) return new Map();
  const changed = [...before.switches.keys()].filter(
    (name) => before.disable.includes(name) !== disable.includes(name),
  );
  if (changed.length === 0) return before.switches;
  return new Map([...before.switches].filter(([name]) => !changed.includes(name)));
}

/** A package that is as it was keeps its state and its code; one that changed is imported anew when it is used. */
function inherit(earlier: Entry | undefined, plugin: FoundPlugin, now: number): Entry {
  if (earlier === undefined) return newEntry(plugin, now);
  if (!isSamePackage(earlier.found, plugin)) {
    return { ...newEntry(plugin, now), edition: nextEdition(), unloaded: earlier.unloaded };
  }
  // What is data has no text by which it could be told from what it was.
  return plugin.manifest?.plugin === undefined ? earlier : { ...earlier, found: plugin, loading: undefined };
}

function forgetCode(entry: Entry): void {
  entry.unloaded = true;
  entry.loading = undefined;
  entry.loadedAt = undefined;
  entry.remotes = undefined;
  entry.edition = nextEdition();
  if (entry.found.manifest === undefined) return;
  entry.state = "validated";
  entry.reason = undefined;
}
