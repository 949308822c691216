import type { Provider, ProviderSettings } from "../sdk/index.js";
import type { Capability } from "./manifest.js";
import { isSameStatus, type PluginStatus, type StateChange } from "./plugin-entry.js";
import type { Placement } from "./remote/placement.js";
import { createRemotes, type Remotes } from "./remote/remotes.js";
import { remoteStatus } from "./remote/remote-status.js";

/** The plugins that somebody else runs, by the name of the provider that has the address. */
export interface Foreigners {
  create(address: string, settings: ProviderSettings, placement: Placement): Promise<Provider>;
  list(): PluginStatus[];
}

/** A plugin that somebody else runs. */
interface Foreigner {
  readonly name: string;
  readonly address: string;
  readonly remotes: Remotes;
  since: number;
}

/** None yet. `now`: Unix milliseconds. `tell` is told of every change of a state. */
export function createForeigners(now: () => number, tell: (change: StateChange) => void): Foreigners {
  const known = new Map<string, Foreigner>();
  const open = (name: string, address: string): Foreigner => {
    let before: PluginStatus | undefined;
    const one: Foreigner = {
      name,
      address,
      since: now(),
      remotes: createRemotes(name, undefined, () => {
        const earlier = before ?? { ...statusOf(one), state: "validated", reason: undefined };
        before = statusOf(one);
        if (isSameStatus(earlier, before)) return;
        if (earlier.state !== before.state) one.since = now();
        before = statusOf(one);
        tell({ before: earlier, now: before });
      }),
    };
    known.set(name, one);
    return one;
  };
  return {
    create: (address, settings, placement) =>
      (known.get(settings.name) ?? open(settings.name, address)).remotes.create(settings, placement),
    list: () => [...known.values()].map(statusOf),
  };
}

function statusOf({ name, address, remotes, since }: Foreigner): PluginStatus {
  const told = remotes.told();
  return {
    name,
    version: told?.version ?? "",
    directory: address,
    state: "validated",
    capabilities: (told?.capabilities ?? []) as Capability[],
    settings: told?.settingsSchema,
    isolation: "process",
    foreign: true,
    unloaded: false,
    since,
    loadedAt: undefined,
    ...remoteStatus("validated" as const, remotes),
  };
}
