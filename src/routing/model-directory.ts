import type { KnownFacts, ModelCatalog } from "../core/model-catalog.js";
import type { Price } from "../core/pricing.js";
import type { TargetView } from "../core/target-view.js";
import type {
  KnownModel,
  ListedModel,
  ListedTarget,
  ModelDirectory,
  ProviderHandle,
  ReadyProvider,
  Target,
} from "../core/target.js";
import { dialectName, ModelOperation, nearest, type OfferedModel, type Provider } from "../sdk/index.js";

/** A public model name as it is configured. */
export interface ModelEntry {
  readonly name: string;
  readonly targets: readonly TargetEntry[];
  /** Whether the first loss is an error. */
  readonly strict?: boolean | undefined;
}

/** One place where a configured model can run. */
export interface TargetEntry {
  readonly provider: string;
  readonly model: string;
  readonly priority: number;
  readonly price: Price | undefined;
}

/** Where a model can run, and what is written of its price there. */
interface Place {
  readonly provider: ProviderHandle;
  readonly model: string;
  readonly price: Price | undefined;
}

// `provider/model` names come from clients: what is remembered of them must not grow with them.
const MAX_DIRECT = 10_000;

/** The models of one snapshot. `created`: Unix seconds at which it was loaded. */
export function createModelDirectory(
  providers: ReadonlyMap<string, ProviderHandle>,
  models: readonly ModelEntry[],
  catalog: ModelCatalog,
  viewOf: (target: string) => TargetView,
  created: number,
): ModelDirectory {
  const makeTarget = (
    provider: ProviderHandle,
    upstreamModel: string,
    written: Price | undefined,
    strict: boolean | undefined,
  ): Target => ({
    name: `${provider.name}/${upstreamModel}`,
    provider,
    upstreamModel,
    price: catalog.price(provider.name, upstreamModel, written),
    view: viewOf(`${provider.name}/${upstreamModel}`),
    facts: rememberFacts(() => describePlace({ provider, model: upstreamModel, price: written })),
    strict: strict === true,
  });
  const configured = new Map<string, readonly Target[]>();
  const entries = new Map<string, readonly Place[]>();
  for (const { name, targets, strict } of models) {
    const ordered = [...targets].sort((a, b) => a.priority - b.priority);
    entries.set(
      name,
      ordered.map(({ provider, model, price }) => ({
        provider: providers.get(provider) as ProviderHandle,
        model,
        price,
      })),
    );
    configured.set(
      name,
      ordered.map((entry) =>
        makeTarget(providers.get(entry.provider) as ProviderHandle, entry.model, entry.price, strict),
      ),
    );
  }
  const direct = new Map<string, readonly Target[]>();
  const withoutModel = [...providers.values()].map((provider) => ({
    name: provider.name,
    provider,
    upstreamModel: "",
    price: () => undefined,
    view: viewOf(provider.name),
    facts: () => ({}),
  }));

  const findDirect = (name: string): readonly Target[] | undefined => {
    const known = direct.get(name);
    if (known !== undefined) return known;
    const slash = name.indexOf("/");
    if (slash <= 0 || slash === name.length - 1) return undefined;
    const provider = providers.get(name.slice(0, slash));
    if (provider === undefined) return undefined;
    const targets = [makeTarget(provider, name.slice(slash + 1), undefined, false)];
    if (direct.size < MAX_DIRECT) direct.set(name, targets);
    return targets;
  };

  const offered = async (): Promise<{ name: string; handle: ProviderHandle; model: OfferedModel }[]> => {
    const all = [...providers.values()].map(async (handle) =>
      (readyOf(await settled(handle))?.provider.models ?? []).map((model) => ({
        name: `${handle.name}/${model.name}`,
        handle,
        model,
      })),
    );
    return (await Promise.all(all)).flat();
  };

  const describePlace = async ({ provider, model, price }: Place) => {
    const ready = readyOf(await settled(provider));
    const operations = operationsOf(ready?.provider, model);
    const chat = ready?.provider.wire?.chat;
    const target: ListedTarget = {
      provider: provider.name,
      upstreamModel: model,
      dialect: chat && dialectName(chat),
      facts: await catalog.facts(provider.name, model, traitsOf(ready?.provider, model, operations)),
      price: catalog.priceInForce(provider.name, model, price),
    };
    return { target, operations };
  };

  const describe = async (name: string, places: readonly Place[]): Promise<ListedModel> => {
    const operations = new Set<ModelOperation>();
    const targets: ListedTarget[] = [];
    for (const described of await Promise.all(places.map(describePlace))) {
      for (const operation of described.operations) operations.add(operation);
      targets.push(described.target);
    }
    return { name, targets, operations: [...operations].sort((a, b) => a - b), created };
  };

  /** Where a name can run; undefined when there is no such model. */
  const placesOf = (name: string): readonly Place[] | undefined =>
    entries.get(name) ??
    findDirect(name)?.map(({ provider, upstreamModel }) => ({ provider, model: upstreamModel, price: undefined }));

  const list = async (): Promise<ListedModel[]> => {
    const names = new Map(entries);
    for (const { name, handle, model } of await offered()) {
      if (!names.has(name)) names.set(name, [{ provider: handle, model: model.name, price: undefined }]);
    }
    const listed = await Promise.all([...names].map(([name, places]) => describe(name, places)));
    return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    providers: () => [...providers.values()],
    withoutModel: () => withoutModel,
    find: (name) => configured.get(name) ?? findDirect(name),
    async near(name) {
      const names = new Set(configured.keys());
      for (const offer of await offered()) names.add(offer.name);
      const slash = name.indexOf("/");
      // A provider takes any model, so one that is misspelt is told with the model that was asked for.
      const prefix = name.slice(0, Math.max(slash, 0));
      const misspelt = prefix === "" || providers.has(prefix) ? [] : nearest(prefix, [...providers.keys()]);
      // Who leaves the provider out means the model of that name.
      const tails = slash === -1 ? [...names].filter((known) => known.endsWith(`/${name}`)) : [];
      return [
        ...new Set([...nearest(name, [...names]), ...tails, ...misspelt.map((known) => known + name.slice(slash))]),
      ].slice(0, 5);
    },
    list,
    async describe(name) {
      const places = placesOf(name);
      return places && describe(name, places);
    },
    async describeTarget(providerName, model) {
      const provider = providers.get(providerName);
      if (provider === undefined) return undefined;
      const places = [...entries.values()].flat();
      const written = places.find((place) => place.provider === provider && place.model === model && place.price);
      return (await describePlace(written ?? { provider, model, price: undefined })).target;
    },
    async known(only) {
      const names = new Map<string, KnownModel & { readonly names: string[] }>();
      const add = (provider: string, model: string): string[] => {
        const key = `${provider}/${model}`;
        const known = names.get(key) ?? { provider, model, names: [] };
        names.set(key, known);
        return known.names;
      };
      for (const { handle, model } of await offered()) add(handle.name, model.name);
      for (const provider of providers.keys()) {
        for (const model of await catalog.models(provider)) add(provider, model);
      }
      for (const [name, places] of entries)
        for (const place of places) add(place.provider.name, place.model).push(name);
      return [...names.values()]
        .filter(({ provider }) => only === undefined || provider === only)
        .sort((a, b) => (a.provider === b.provider ? (a.model < b.model ? -1 : 1) : a.provider < b.provider ? -1 : 1));
    },
  };
}

/** What is known of a model, asked for once. */
function rememberFacts(describe: () => Promise<{ readonly target: ListedTarget }>): Target["facts"] {
  let known: KnownFacts | Promise<KnownFacts> | undefined;
  return () => {
    known ??= describe().then(({ target: { facts } }) => {
      known = facts;
      return facts;
    });
    return known;
  };
}

/** What the plugin tells of any of its models, in the catalogue's words. */
function traitsOf(provider: Provider | undefined, model: string, operations: readonly ModelOperation[]): KnownFacts {
  const traits = provider?.traits?.(model) ?? {};
  const chats = operations.includes(ModelOperation.COMPLETE);
  return {
    maxOutputTokens: traits.maxOutputTokens,
    outputModalities: operations.length > 0 && !chats ? ["embedding"] : undefined,
    abilities: [
      ...(traits.jsonSchema === true ? (["json_schema"] as const) : []),
      ...((traits.reasoning ?? "none") !== "none" ? (["reasoning"] as const) : []),
      ...(chats ? (["streaming"] as const) : []),
      ...(traits.prefill === true ? (["prefill"] as const) : []),
    ],
  };
}

function operationsOf(provider: Provider | undefined, model: string): ModelOperation[] {
  if (provider === undefined) return [];
  const known = provider.models?.find((offer) => offer.name === model);
  if (known !== undefined) return known.operations.map(toOperation);
  const operations: ModelOperation[] = [];
  if (provider.complete !== undefined || provider.wire?.chat !== undefined) operations.push(ModelOperation.COMPLETE);
  if (provider.embed !== undefined || provider.wire?.embeddings !== undefined) operations.push(ModelOperation.EMBED);
  return operations;
}

function toOperation(operation: "complete" | "embed"): ModelOperation {
  return operation === "embed" ? ModelOperation.EMBED : ModelOperation.COMPLETE;
}

/** A provider that cannot be loaded offers nothing; the list of models must not fail for its sake. */
async function settled(handle: ProviderHandle): Promise<PromiseSettledResult<ReadyProvider>> {
  const [result] = await Promise.allSettled([handle.ready()]);
  return result;
}

function readyOf(result: PromiseSettledResult<ReadyProvider>): ReadyProvider | undefined {
  return result.status === "fulfilled" ? result.value : undefined;
}
