import type { Clock } from "../core/clock.js";
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
import { followFacts } from "./follow-facts.js";
import type { Route } from "./route.js";
import type { ModelEntry } from "./route-entry.js";
import { createRoutes, type MakeTarget, type RouteDefaults } from "./routes.js";

/** The models of one snapshot, with their routes. */
export interface RouteDirectory extends ModelDirectory {
  /** The route of a public name or of `provider/model`; undefined when there is no such model. */
  route(name: string): Route | undefined;
}

/** Where a model can run, and what is written of its price there. */
interface Place {
  readonly provider: ProviderHandle;
  readonly model: string;
  readonly price: Price | undefined;
}

/**
 * The models of one snapshot. `created`: Unix seconds at which it was loaded. `defaults`: what is as usual where a model
 * says nothing.
 */
export function createModelDirectory(
  providers: ReadonlyMap<string, ProviderHandle>,
  models: readonly ModelEntry[],
  catalog: ModelCatalog,
  viewOf: (target: string) => TargetView,
  created: number,
  clock: Clock,
  defaults: RouteDefaults,
): RouteDirectory {
  const placeOf = new WeakMap<Target, Place>();
  const makeTarget: MakeTarget = (provider, upstreamModel, written, strict) => {
    const name = `${provider.name}/${upstreamModel}`;
    const place = { provider, model: upstreamModel, price: written };
    const describeFacts = async () => {
      const { target, operations, isLoaded } = await describePlace(place);
      return { facts: { ...target.facts, operations }, isLoaded };
    };
    const target: Target = {
      name,
      provider,
      upstreamModel,
      price: catalog.price(provider.name, upstreamModel, written),
      view: viewOf(name),
      facts: followFacts(describeFacts, () => catalog.revision(), clock),
      strict,
    };
    placeOf.set(target, place);
    return target;
  };
  const routes = createRoutes(providers, models, makeTarget, defaults);
  const placesOfRoute = (route: Route): readonly Place[] =>
    route.targets.flatMap((target) => placeOf.get(target) ?? []);
  /** What can be listed: patterns stand for names that nobody knows before they are asked for. */
  const entries = new Map<string, readonly Place[]>();
  for (const { name } of models) {
    const route = name.includes("*") ? undefined : routes.find(name);
    if (route !== undefined) entries.set(name, placesOfRoute(route));
  }
  const withoutModel = [...providers.values()].map((provider) => ({
    name: provider.name,
    provider,
    upstreamModel: "",
    price: () => undefined,
    view: viewOf(provider.name),
    facts: () => ({}),
  }));

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
    return { target, operations, isLoaded: ready !== undefined };
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
  const placesOf = (name: string): readonly Place[] | undefined => {
    const route = entries.has(name) ? undefined : routes.find(name);
    return entries.get(name) ?? (route && placesOfRoute(route));
  };

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
    find: (name) => routes.find(name)?.targets,
    route: (name) => routes.find(name),
    async near(name) {
      const names = new Set(entries.keys());
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
    lacks: traits.jsonSchema === false ? ["json_schema"] : undefined,
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
