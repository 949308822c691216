import { create, equals } from "@bufbuild/protobuf";
import { type ConfiguredProvider } from "./admin/plugin-life.js";
import { callTimeoutsOf } from "./call-timeouts-of.js";
import { type Catalog } from "./catalog/catalog.js";
import type { CatalogScope } from "./catalog/catalog-view.js";
import type { VendorHint } from "./catalog/find-vendor.js";
import { credentialName } from "./config/credential-name.js";
import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { Snapshot } from "./config/snapshot.js";
import { systemClock } from "./core/clock.js";
import type { Deadlines } from "./core/deadlines.js";
import type { Exchange } from "./core/exchange.js";
import { hideIn, secretsOf } from "./core/hide-secrets.js";
import { priceOf } from "./core/pricing.js";
import { LazyProvider } from "./core/provider-handle.js";
import type { ProviderCredential, ProviderMaker } from "./core/provider-init.js";
import { ProviderHealth } from "./core/provider-health.js";
import { createPipeline, type Stage } from "./core/stage.js";
import type { ModelDirectory, ProviderDirectory } from "./core/target.js";
import { createTenure, type Tenure } from "./core/tenure.js";
import { tenureStage } from "./core/tenure-stage.js";
import { systemTimers } from "./core/timers.js";
import { chatDialects, embeddingDialects } from "./dialects/index.js";
import {
  type Config,
  CredentialConfigSchema,
  type ProviderConfig,
  ProviderConfigSchema,
} from "./gen/parlance/config/v1/config_pb.js";
import type { PluginRegistry } from "./loader/registry.js";
import { ISOLATIONS, type Placement } from "./loader/remote/placement.js";
import { secretSettings } from "./loader/settings.js";
import { placementOf } from "./placement-of.js";
import type { CredentialRests } from "./resilience/credential-rests.js";
import { RetryBudgets } from "./resilience/retry-budget.js";
import { createShadows, withShadows } from "./resilience/shadow.js";
import type { TargetStates } from "./resilience/target-states.js";
import { withCascade } from "./resilience/cascade.js";
import { withContinuation } from "./resilience/continuation.js";
import { createAttemptLoop } from "./resilience/walk-plan.js";
import { retryPolicyOf } from "./retry-policy-of.js";
import { routeDefaults, routeEntries } from "./route-entries.js";
import type { Canaries } from "./routing/canaries.js";
import { createModelDirectory } from "./routing/model-directory.js";
import { createRouting } from "./routing/plan.js";
import { createProviderDirectory } from "./routing/provider-directory.js";
import { ABILITIES, INPUT_MODALITIES, OUTPUT_MODALITIES, ParlanceError, type Provider } from "./sdk/index.js";
import { settingsOfTargets } from "./settings-of-targets.js";
import type { WriteRecord } from "./core/write-record.js";

/** A snapshot at work: all that exchanges run on and that another snapshot replaces. */
export interface Generation {
  readonly version: string;
  readonly plugins: PluginRegistry;
  readonly handles: readonly ConfiguredProvider[];
  /** Key of the operator's API. */
  readonly adminKey: string | undefined;
  readonly models: ModelDirectory;
  /** The models as they are configured, by name. */
  readonly configuredModels: Config["models"];
  readonly providers: ProviderDirectory;
  readonly tenure: Tenure;
  handle(exchange: Exchange): Promise<void>;
  /** Lets go of connections; `now` ends what still runs on them. */
  close(now: boolean): Promise<void>;
}

/** Puts a snapshot to work. */
export function createGeneration(
  { config, version, loadedAt }: Snapshot,
  plugins: PluginRegistry,
  program: string,
  deadlines: Deadlines,
  healthOf: (provider: string) => ProviderHealth,
  states: TargetStates,
  canaries: Canaries,
  rests: CredentialRests,
  catalog: Catalog,
  write: WriteRecord,
  first: readonly Stage[],
): Generation {
  const view = catalog.view(catalogScope(config, plugins));
  const providers = new Map(
    Object.entries(config.providers).map(([name, provider]) => [
      name,
      openProvider(name, provider, config, plugins, program, healthOf(name), write, async (loading) => {
        // A provider that is ready has its prices: no answer of it is unpriced because they were not there yet.
        const [made] = await Promise.all([loading, catalog.ready()]);
        view.offered(name, made.models ?? []);
        return made;
      }),
    ]),
  );
  states.configure(settingsOfTargets(config));
  const entries = routeEntries(config, (route, member) => canaries.of(route, member));
  const models = createModelDirectory(
    providers,
    entries,
    view,
    (target) => states.view(target),
    Math.floor(loadedAt / 1000),
    systemClock,
    routeDefaults(config),
  );
  const tenure = createTenure();
  const common = {
    dialects: { chat: chatDialects, embeddings: embeddingDialects },
    deadlines,
    states,
    rests,
    longestRestMs: millisecondsOf(config.resilience?.maxRest, DEFAULTS.maxRestMs),
    random: Math.random,
    totalMs: requestTimeoutOf(config),
  };
  const attempts = createAttemptLoop({
    ...common,
    timers: systemTimers,
    retry: retryPolicyOf(config.resilience?.retry),
    budgets: new RetryBudgets(systemClock),
  });
  const shadows = createShadows({ ...common, write, tenure });
  return {
    version,
    plugins,
    handles: [...providers].map(([name, handle]) => ({
      handle,
      isolation: ISOLATIONS.find((one) => one === config.providers[name]?.isolation),
      foreign: config.providers[name]?.address !== undefined,
    })),
    adminKey: config.admin?.key,
    models,
    configuredModels: config.models,
    providers: createProviderDirectory(providers, entries),
    tenure,
    handle: createPipeline(
      [
        tenureStage(tenure),
        ...first,
        createRouting({
          models,
          providers: [...providers.keys()],
          allow: config.routing?.allow ?? [],
          version,
          random: Math.random,
          credentialsOf: (target) => rests.words(target),
          explore: (config.routing?.latency?.explorePercent ?? DEFAULTS.explorePercent) / 100,
        }),
      ],
      withShadows(shadows, withContinuation(withCascade(attempts))),
    ),
    async close(now) {
      if (now) shadows.end(new ParlanceError("cancelled", "The gateway stops."));
      await Promise.allSettled([...providers.values()].map((provider) => provider.close(now)));
    },
  };
}

/** Most milliseconds for an exchange. */
export function requestTimeoutOf({ server }: Config): number {
  return millisecondsOf(server?.requestTimeout, DEFAULTS.requestTimeoutMs);
}

/**
 * What is known of a provider outlives a change of configuration that leaves the provider itself as it is. Gives, for each
 * configuration in turn, the health of its providers. `changed`: told of each provider that is another one now.
 */
export function rememberHealth(
  changed: (provider: string) => void,
): (config: Config) => (provider: string) => ProviderHealth {
  let known = new Map<string, { config: ProviderConfig; health: ProviderHealth }>();
  return ({ providers }) => {
    const before = known;
    known = new Map(
      Object.entries(providers).map(([name, config]) => {
        const earlier = before.get(name);
        const same = earlier !== undefined && equals(ProviderConfigSchema, earlier.config, config);
        if (!same) changed(name);
        return [name, { config, health: same ? earlier.health : new ProviderHealth(systemClock) }];
      }),
    );
    const current = known;
    return (name) => current.get(name)?.health ?? new ProviderHealth(systemClock);
  };
}

function openProvider(
  name: string,
  provider: ProviderConfig,
  { server }: Config,
  plugins: PluginRegistry,
  program: string,
  health: ProviderHealth,
  write: WriteRecord,
  whenMade: (loading: Promise<Provider>) => Promise<Provider>,
): LazyProvider {
  const plugin = provider.plugin ?? name;
  const secrets: string[] = [];
  const placement = placementOf(provider, server, write, (text) => hideIn(text, secrets));
  const { headers } = placement;
  const opened = new LazyProvider({
    name,
    plugin,
    health,
    // What somebody else runs may have the name of a plugin that is not to be used.
    refusal: placement.address === undefined ? () => plugins.refusal(plugin) : undefined,
    credentials: credentialsOf(name, provider, plugins, placement, whenMade),
    headers,
    timeouts: callTimeoutsOf(name, provider.timeouts),
    userAgent: `parlance/${program}`,
  });
  secrets.push(...opened.secrets, ...secretsOf([placement.token]));
  return opened;
}

/** A provider of several credentials has one of them at a time; any other has what is written of it itself. */
function credentialsOf(
  name: string,
  provider: ProviderConfig,
  plugins: PluginRegistry,
  placement: Placement,
  whenMade: (loading: Promise<Provider>) => Promise<Provider>,
): ProviderCredential[] {
  const plugin = provider.plugin ?? name;
  // What somebody else runs tells its settings later.
  const schema = placement.address === undefined ? plugins.manifest(plugin)?.settings : undefined;
  const own = create(CredentialConfigSchema, { ...(provider.apiKey !== undefined && { apiKey: provider.apiKey }) });
  const several = provider.credentials.length > 0;
  return (several ? provider.credentials : [own]).map((credential, place) => {
    const settings = { ...provider.settings, ...credential.settings };
    return {
      name: several ? credentialName(credential, place) : undefined,
      weight: credential.weight ?? DEFAULTS.credentialWeight,
      secrets: [credential.apiKey, ...secretSettings(schema, settings)],
      load: (maker: ProviderMaker = plugins) =>
        whenMade(
          maker.create(
            plugin,
            { name, baseUrl: provider.baseUrl?.replace(/\/+$/, ""), apiKey: credential.apiKey, settings },
            placement,
          ),
        ),
    };
  });
}

/** What the configuration says that bears on the model catalogue. */
function catalogScope(config: Config, plugins: PluginRegistry): CatalogScope {
  const providers = Object.entries(config.providers).map(([name, provider]): [string, VendorHint] => {
    const plugin = provider.plugin ?? name;
    const { baseUrl, catalog, address } = provider;
    if (catalog !== undefined) return [name, { ids: [catalog], baseUrl, certain: true }];
    const ids = (address === undefined && plugins.manifest(plugin)?.catalog) || [];
    return [name, { ids: ids.length > 0 ? ids : [plugin], baseUrl, certain: false }];
  });
  return {
    providers: new Map(providers),
    entries: (config.catalog?.models ?? []).map((entry) => ({
      provider: entry.provider ?? "*",
      model: entry.model,
      price: entry.price && priceOf(entry.price),
      facts: {
        contextWindow: entry.contextWindow,
        maxOutputTokens: entry.maxOutputTokens,
        inputModalities: filled(INPUT_MODALITIES, entry.inputModalities),
        outputModalities: filled(OUTPUT_MODALITIES, entry.outputModalities),
        abilities: filled(ABILITIES, entry.abilities),
      },
    })),
  };
}

/** A list that says nothing is no list; the check has seen to it that the words are known. */
function filled<Word extends string>(words: readonly Word[], said: readonly string[]): readonly Word[] | undefined {
  return said.length === 0 ? undefined : words.filter((word) => said.includes(word));
}
