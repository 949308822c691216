import {
  isObject,
  nearest,
  ParlanceError,
  type Provider,
  type ProviderPlugin,
  type ProviderSettings,
} from "../sdk/index.js";
import { nextEdition } from "./edition.js";
import { type LoadWorld, loadPlugin } from "./load.js";
import type { Capability, FoundPlugin, Manifest } from "./manifest.js";
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
import { checkSettings } from "./settings.js";

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
   * (`providers.<name>.settings.<path>`), and `provider_unavailable` when the plugin cannot be used.
   */
  create(name: string, settings: ProviderSettings): Promise<Provider>;
  /** Why an operator's word forbids to call it (allow-list, disabled, unloaded); undefined when none does. */
  refusal(name: string): ParlanceError | undefined;
  /** Lets it be used, or not, until the next start, whatever the configuration has said. Throws `not_found`. */
  enable(name: string, enabled: boolean): void;
  /** Forgets its code; it is not used before it is renewed. Throws `not_found`. */
  unload(name: string): void;
  /**
   * Searches again, reads the plugin's manifest and imports its code anew, also of one that was not there before. Nothing
   * changes until the new edition is taken. Throws `not_found`, and `provider_unavailable` with the reason, which the
   * plugin's status tells from then on.
   */
  renew(name: string): Promise<NewEdition>;
  /** Has every change of a state told, also by the registries that take this one's place. */
  onChange(listener: (change: StateChange) => void): void;
}

/** A plugin's code, imported anew beside the one that runs. */
export interface NewEdition {
  /** Makes a provider of the new code, as the registry's own `create` does. */
  create(name: string, settings: ProviderSettings): Promise<Provider>;
  /** Puts it in the place of the old one. */
  take(): void;
  /** Gives it up: the old one stays, and its status tells why. Gives the error to be thrown. */
  refuse(cause: unknown): ParlanceError;
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
    return entry;
  };
  found.forEach(add);

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
  /** Every change of an entry goes through here, so that none is untold. */
  const change = (entry: Entry, act: () => void): void => {
    const earlier = status(entry);
    act();
    const later = status(entry);
    if (isSameStatus(earlier, later)) return;
    if (earlier.state !== later.state) entry.since = now();
    listeners.forEach((listener) => listener({ before: earlier, now: status(entry) }));
  };
  const context: Context = { world, change, now };

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

  const registry: PluginRegistry = {
    list: () => entries.map(status).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    get: (name) => status(entryOf(name)),
    manifest: (name) => entryOf(name).found.manifest,
    // An unknown name rejects, as every other failure of a promise.
    load: async (name) => load(name),
    create: async (name, settings) => {
      const plugin = await load(name);
      return makeProvider(entryOf(name), plugin, settings, context);
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
    async renew(name) {
      const again = (await find()).find((plugin) => plugin.name === name);
      const entry = byName.get(name) ?? (again === undefined ? entryOf(name) : add(again));
      const block = forbidden(entry);
      if (block !== undefined) throw unusable(entry, block);
      return renew(entry, again, context);
    },
    onChange: (listener) => void listeners.add(listener),
  };
  insides.set(registry, { byName, disable, switches, listeners });
  return registry;
}

/** What every change of an entry needs. */
interface Context {
  readonly world: Partial<LoadWorld> | undefined;
  readonly now: () => number;
  readonly change: (entry: Entry, act: () => void) => void;
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
  if (!isSamePackage(earlier.found, plugin)) return { ...newEntry(plugin, now), edition: nextEdition() };
  // What is data has no text by which it could be told from what it was.
  return plugin.manifest?.plugin === undefined ? earlier : { ...earlier, found: plugin, loading: undefined };
}

function forgetCode(entry: Entry): void {
  entry.unloaded = true;
  entry.loading = undefined;
  entry.loadedAt = undefined;
  entry.edition = nextEdition();
  if (entry.found.manifest === undefined) return;
  entry.state = "validated";
  entry.reason = undefined;
}

async function renew(entry: Entry, again: FoundPlugin | undefined, context: Context): Promise<NewEdition> {
  const refuse = (cause: unknown): ParlanceError => {
    const told = cause instanceof Error ? cause.message : String(cause);
    const { name, version } = entry.found;
    const stays = entry.loadedAt === undefined ? "" : ` The code before it${ofVersion(version)} stays in use.`;
    const reason = `could not be loaded anew: ${told.replace(/[^.!?]$/, "$&.")}${stays}`;
    context.change(entry, () => {
      entry.reason = `It ${reason}`;
    });
    return new ParlanceError("provider_unavailable", `The plugin "${name}" ${reason}`, { provider: name, cause });
  };
  if (again === undefined) throw refuse("Its package is not there any more.");
  const fresh: Entry = { ...newEntry(again, context.now()), edition: nextEdition() };
  if (fresh.state === "failed") throw refuse(fresh.reason);
  let plugin: ProviderPlugin;
  try {
    plugin = await importCode(fresh, context.world);
  } catch (error) {
    throw refuse(error);
  }
  return {
    // What is not in force yet has no state that anybody is told of.
    create: async (_name, settings) =>
      makeProvider(fresh, plugin, settings, { ...context, change: (_entry, act) => act() }),
    take: () =>
      context.change(entry, () => {
        const { since: _, ...taken } = fresh;
        const ready = fresh.state === "validated" ? "ready" : fresh.state;
        Object.assign(entry, taken, { state: ready, loading: Promise.resolve(plugin), loadedAt: context.now() });
      }),
    refuse,
  };
}

function ofVersion(version: string): string {
  return version === "" ? "" : ` (version ${version})`;
}

async function begin(entry: Entry, context: Context): Promise<ProviderPlugin> {
  const { edition } = entry;
  if (entry.state === "failed" || entry.found.manifest === undefined) throw unusable(entry, entry.reason);
  // What an operator did meanwhile is not to be undone.
  const tell = (act: () => void): void => {
    if (entry.edition === edition) context.change(entry, act);
  };
  try {
    const plugin = await importCode(entry, context.world);
    tell(() => {
      entry.state = "ready";
      entry.loadedAt = context.now();
    });
    return plugin;
  } catch (error) {
    const reason = (error as Error).message;
    tell(() => {
      entry.state = "failed";
      entry.reason = reason;
    });
    throw unusable(entry, reason, error);
  }
}

function importCode({ found, edition }: Entry, world: Partial<LoadWorld> | undefined): Promise<ProviderPlugin> {
  const { plugin, entry = "" } = found.manifest ?? {};
  if (plugin !== undefined) return Promise.resolve(plugin);
  return loadPlugin(entry, world, { number: edition, directory: found.directory });
}

function unusable(entry: Entry, reason: string | undefined, cause?: unknown): ParlanceError {
  const { name } = entry.found;
  return new ParlanceError("provider_unavailable", `The plugin "${name}" cannot be used. ${reason ?? ""}`.trim(), {
    provider: name,
    cause,
  });
}

function makeProvider(entry: Entry, plugin: ProviderPlugin, settings: ProviderSettings, { change }: Context): Provider {
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
  const missing = (entry.found.manifest?.capabilities ?? []).filter((capability) => !canDo(provider, capability));
  if (missing.length > 0) {
    change(entry, () => {
      entry.state = "degraded";
      entry.reason = `Its manifest promises ${missing.join(", ")}, which the provider "${settings.name}" has no way to do.`;
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
