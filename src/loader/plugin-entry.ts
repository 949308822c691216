import type { ProviderPlugin, JsonObject } from "../sdk/index.js";
import type { Capability, FoundPlugin } from "./manifest.js";
import type { Isolation } from "./remote/placement.js";
import type { Remotes } from "./remote/remotes.js";
import { remoteStatus } from "./remote/remote-status.js";

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
  /** JSON schema of its settings; undefined when it takes none, or its manifest cannot be used. */
  readonly settings: JsonObject | undefined;
  /** Where its code runs, unless the configuration of a provider says otherwise. */
  readonly isolation: Isolation;
  /** Whether somebody else runs it, for the one provider that has its name; its directory is an address then. */
  readonly foreign: boolean;
  /** Whether an operator took its code away. */
  readonly unloaded: boolean;
  /** Unix milliseconds of the last change of its state. */
  readonly since: number;
  /** Unix milliseconds at which its code was imported; undefined as long as it is not. */
  readonly loadedAt: number | undefined;
}

/** A plugin before and after a change of its state, its reason, its version or its code. */
export interface StateChange {
  readonly before: PluginStatus;
  readonly now: PluginStatus;
}

/** A found package on its way through the states, but for what an operator's word adds to them. */
export interface Entry {
  found: FoundPlugin;
  state: PluginState;
  reason: string | undefined;
  loading: Promise<ProviderPlugin> | undefined;
  loadedAt: number | undefined;
  since: number;
  /** Number of its code: another one is imported anew. */
  edition: number;
  /** Whether an operator took its code away. */
  unloaded: boolean;
  /** What runs of it outside of this thread; undefined until something does. */
  remotes: Remotes | undefined;
}

/** A package at its start. `rival`: the one that has its name already. */
export function newEntry(found: FoundPlugin, now: number, rival?: Entry): Entry {
  const problem =
    rival === undefined
      ? found.manifest === undefined && found.problems.join(" ")
      : `Its name is taken by the plugin in ${rival.found.directory}. Uninstall one of them, or set "parlance.name" in its package.json.`;
  return {
    found,
    state: problem === false ? "validated" : "failed",
    reason: problem === false ? undefined : problem,
    loading: undefined,
    loadedAt: undefined,
    since: now,
    edition: 0,
    unloaded: false,
    remotes: undefined,
  };
}

/** What is told of a package. `block`: why it may not be used, which goes before all else. */
export function statusOf(
  { found, state, reason, unloaded, since, loadedAt, remotes }: Entry,
  block: string | undefined,
): PluginStatus {
  const { name, version, directory, manifest } = found;
  const told = block ?? reason;
  return {
    name,
    version,
    directory,
    state: block === undefined ? state : "discovered",
    ...(told !== undefined && { reason: told }),
    capabilities: manifest?.capabilities ?? [],
    settings: manifest?.settings,
    isolation: manifest?.command === undefined ? (manifest?.isolation ?? "in_process") : "process",
    foreign: false,
    unloaded,
    since,
    loadedAt,
    ...(block === undefined && remoteStatus(state, remotes)),
  };
}

/** Whether a package says the same of itself as before. */
export function isSamePackage(one: FoundPlugin, other: FoundPlugin): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether there is nothing new to tell of a plugin. */
export function isSameStatus(one: PluginStatus, other: PluginStatus): boolean {
  return (["state", "reason", "version", "loadedAt"] as const).every((member) => one[member] === other[member]);
}
