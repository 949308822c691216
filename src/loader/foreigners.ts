import type { Provider, ProviderSettings } from "../sdk/index.js";
import type { Capability } from "./manifest.js";
import type { PluginStatus } from "./plugin-entry.js";
import type { Placement } from "./remote/placement.js";
import { createRemotes, type Remotes } from "./remote/remotes.js";
import { remoteStatus } from "./remote/remote-status.js";

/** The plugins that somebody else runs, by the name of the provider that has the address. */
export interface Foreigners {
  create(address: string, settings: ProviderSettings, placement: Placement): Promise<Provider>;
  list(): PluginStatus[];
}

/** None yet. `now`: Unix milliseconds. */
export function createForeigners(now: () => number): Foreigners {
  const known = new Map<string, { readonly address: string; readonly remotes: Remotes; readonly since: number }>();
  return {
    create(address, settings, placement) {
      const one = known.get(settings.name) ?? { address, remotes: createRemotes(settings.name), since: now() };
      known.set(settings.name, one);
      return one.remotes.create(settings, placement);
    },
    list: () =>
      [...known].map(([name, { address, remotes, since }]) => {
        const told = remotes.told();
        return {
          name,
          version: told?.version ?? "",
          directory: address,
          state: "validated" as const,
          capabilities: (told?.capabilities ?? []) as Capability[],
          settings: told?.settingsSchema,
          isolation: "process" as const,
          unloaded: false,
          since,
          loadedAt: undefined,
          ...remoteStatus("validated" as const, remotes),
        };
      }),
  };
}
