import type { ListedProvider, ProviderDirectory, ProviderHandle, ReadyProvider } from "../core/target.js";
import { dialectName, nearest, ParlanceError, type Wire } from "../sdk/index.js";
import type { ModelEntry } from "./route-entry.js";

/** The providers of one snapshot. `models`: the configured ones, which are among what a provider is known to offer. */
export function createProviderDirectory(
  providers: ReadonlyMap<string, ProviderHandle>,
  models: readonly ModelEntry[],
): ProviderDirectory {
  return {
    async list() {
      const listed = await Promise.all([...providers.values()].map((handle) => describe(handle, models)));
      return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    health(name) {
      const handle = providers.get(name);
      if (handle !== undefined) return handle.health;
      const near = nearest(name, [...providers.keys()]);
      throw new ParlanceError(
        "not_found",
        `There is no provider "${name}".${near.length === 0 ? "" : ` Near names: ${near.join(", ")}.`}`,
        { suggestions: near },
      );
    },
  };
}

async function describe(handle: ProviderHandle, models: readonly ModelEntry[]): Promise<ListedProvider> {
  const { name, plugin, health } = handle;
  const ready = await load(handle);
  const configured = models
    .filter(({ targets }) => targets.some(({ provider }) => provider === name))
    .map((model) => model.name);
  const common = { name, plugin, health };
  if (ParlanceError.is(ready)) return { ...common, dialects: [], host: undefined, models: configured, problem: ready };
  const { wire, models: offered = [] } = ready.provider;
  return {
    ...common,
    dialects: wire === undefined ? [] : dialectsOf(wire),
    host: wire && new URL(wire.baseUrl).host,
    models: [...new Set([...configured, ...offered.map((model) => `${name}/${model.name}`)])].sort(),
    problem: undefined,
  };
}

/** A provider that cannot be loaded is listed with the reason. */
async function load(handle: ProviderHandle): Promise<ReadyProvider | ParlanceError> {
  try {
    return await handle.ready();
  } catch (thrown) {
    return ParlanceError.from(thrown);
  }
}

function dialectsOf({ chat, otherChats = [], completions, embeddings }: Wire): string[] {
  return [
    ...new Set(
      [chat, ...otherChats, completions, embeddings].flatMap((endpoint) => (endpoint ? dialectName(endpoint) : [])),
    ),
  ];
}
