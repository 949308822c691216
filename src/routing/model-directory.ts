import type { Price } from "../core/pricing.js";
import type { ListedModel, ModelDirectory, ProviderHandle, ReadyProvider, Target } from "../core/target.js";
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

// `provider/model` names come from clients: what is remembered of them must not grow with them.
const MAX_DIRECT = 10_000;

/** The models of one snapshot. `created`: Unix seconds at which it was loaded. */
export function createModelDirectory(
  providers: ReadonlyMap<string, ProviderHandle>,
  models: readonly ModelEntry[],
  created: number,
): ModelDirectory {
  const configured = new Map<string, readonly Target[]>();
  for (const { name, targets, strict } of models) {
    const ordered = [...targets].sort((a, b) => a.priority - b.priority);
    configured.set(
      name,
      ordered.map((entry) => target(providers.get(entry.provider) as ProviderHandle, entry.model, entry.price, strict)),
    );
  }
  const direct = new Map<string, readonly Target[]>();

  const findDirect = (name: string): readonly Target[] | undefined => {
    const known = direct.get(name);
    if (known !== undefined) return known;
    const slash = name.indexOf("/");
    if (slash <= 0 || slash === name.length - 1) return undefined;
    const provider = providers.get(name.slice(0, slash));
    if (provider === undefined) return undefined;
    const targets = [target(provider, name.slice(slash + 1), undefined, false)];
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

  const list = async (): Promise<ListedModel[]> => {
    const listed: ListedModel[] = (await offered())
      .filter(({ name }) => !configured.has(name))
      .map(({ name, handle, model }) => ({
        name,
        targets: [{ provider: handle.name, upstreamModel: model.name, dialect: undefined }],
        operations: model.operations.map(toOperation),
        created,
      }));
    for (const [name, targets] of configured) listed.push(await describe(name, targets, created));
    return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    providers: () => [...providers.values()],
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
      const found = (await list()).find((model) => model.name === name);
      if (found !== undefined) return found;
      const targets = findDirect(name);
      return targets === undefined ? undefined : describe(name, targets, created);
    },
  };
}

function target(
  provider: ProviderHandle,
  upstreamModel: string,
  price: Price | undefined,
  strict: boolean | undefined,
): Target {
  return { name: `${provider.name}/${upstreamModel}`, provider, upstreamModel, price, strict: strict === true };
}

async function describe(name: string, targets: readonly Target[], created: number): Promise<ListedModel> {
  const operations = new Set<ModelOperation>();
  const places: ListedModel["targets"][number][] = [];
  for (const { provider, upstreamModel } of targets) {
    const ready = readyOf(await settled(provider));
    for (const operation of operationsOf(ready?.provider, upstreamModel)) operations.add(operation);
    const chat = ready?.provider.wire?.chat;
    places.push({ provider: provider.name, upstreamModel, dialect: chat && dialectName(chat) });
  }
  return { name, targets: places, operations: [...operations].sort((a, b) => a - b), created };
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
