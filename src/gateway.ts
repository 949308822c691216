import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { create, equals } from "@bufbuild/protobuf";
import { createGuard } from "./admin/guard.js";
import { type ConfiguredProvider, createPluginLife } from "./admin/plugin-life.js";
import { modelCatalogRoutes, modelCatalogService } from "./admin/model-catalog.js";
import { pluginRoutes, pluginService } from "./admin/plugin-service.js";
import { type Catalog, createCatalog } from "./catalog/catalog.js";
import type { CatalogScope } from "./catalog/catalog-view.js";
import type { VendorHint } from "./catalog/find-vendor.js";
import { credentialName } from "./config/credential-name.js";
import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { Snapshot } from "./config/snapshot.js";
import { systemClock } from "./core/clock.js";
import { Deadlines } from "./core/deadlines.js";
import type { Exchange } from "./core/exchange.js";
import type { Gateway } from "./core/gateway.js";
import { priceOf } from "./core/pricing.js";
import { LazyProvider } from "./core/provider-handle.js";
import type { ProviderCredential } from "./core/provider-init.js";
import { ProviderHealth } from "./core/provider-health.js";
import { trackExchanges } from "./core/running-exchanges.js";
import { createPipeline, type Stage } from "./core/stage.js";
import type { ListedModel, ModelDirectory, ProviderDirectory } from "./core/target.js";
import { createTenure, type Tenure } from "./core/tenure.js";
import { tenureStage } from "./core/tenure-stage.js";
import { chatDialects, embeddingDialects } from "./dialects/index.js";
import {
  type Config,
  CredentialConfigSchema,
  type ProviderConfig,
  ProviderConfigSchema,
  type ServerConfig,
} from "./gen/parlance/config/v1/config_pb.js";
import { ModelCatalogService } from "./gen/parlance/admin/v1/model_catalog_service_pb.js";
import { PluginService } from "./gen/parlance/admin/v1/plugin_service_pb.js";
import type { PluginStatus, StateChange } from "./loader/plugin-entry.js";
import type { PluginRegistry } from "./loader/registry.js";
import { secretSettings } from "./loader/settings.js";
import { createAttemptLoop } from "./resilience/attempt.js";
import { createModelDirectory, type ModelEntry } from "./routing/model-directory.js";
import { createRouting } from "./routing/plan.js";
import { createProviderDirectory } from "./routing/provider-directory.js";
import { ABILITIES, INPUT_MODALITIES, OUTPUT_MODALITIES, ParlanceError, type Provider } from "./sdk/index.js";
import { openStore } from "./store/open-store.js";
import type { Store } from "./store/store.js";
import type { LogDestination } from "./telemetry/line-batch.js";
import { createLog } from "./telemetry/log.js";
import { observePlugin } from "./telemetry/observe-plugin.js";
import { createObservation, observeRefusal, type WriteRecord } from "./telemetry/observe.js";
import { adminDoor } from "./transport/admin/door.js";
import { type AdminApi, adminService } from "./transport/admin-api.js";
import { anthropicDoor, anthropicErrorsAt } from "./transport/anthropic/door.js";
import { anthropicThroughDoor } from "./transport/anthropic/through.js";
import { openAiThroughDoor } from "./transport/openai/through.js";
import { geminiDoor, geminiErrorsAt } from "./transport/gemini/door.js";
import { errorDialect, openAiDoor } from "./transport/openai/door.js";
import { KeepAlive } from "./transport/keep-alive.js";
import { openEndedPaths, rpcDoor } from "./transport/rpc/door.js";
import { answerUnknownRpc } from "./transport/rpc/unknown-rpc.js";
import { responsesDoor } from "./transport/responses/door.js";
import { createServer } from "./transport/server.js";

/** What a gateway is started with. */
export interface StartOptions {
  readonly snapshot: Snapshot;
  readonly plugins: PluginRegistry;
  /** Sent to providers as `user-agent`, after `parlance/`. */
  readonly version: string;
  /** Where log lines go. Absent means standard output. */
  readonly log?: LogDestination | undefined;
  /** Longest silence of a translated stream, in milliseconds, before its client is told that it lives. Absent: 15 s. */
  readonly keepAliveMs?: number | undefined;
  /** What is kept between requests. Absent means the store that is configured. */
  readonly store?: Store | undefined;
  /** Key of the operator's API where the configuration has none. Absent or empty means that there is none. */
  readonly adminKey?: string | undefined;
}

/** A gateway that serves. */
export interface RunningGateway {
  readonly url: string;
  models(): Promise<ListedModel[]>;
  plugins(): PluginStatus[];
  /**
   * Puts another checked snapshot in force, whole: exchanges that run stay on the one that they began on. What it
   * says of the listener, but for `request_timeout` and `drain`, waits for the next start.
   */
  apply(snapshot: Snapshot, plugins: PluginRegistry): void;
  /** Writes a line to the log. */
  readonly record: WriteRecord;
  /** Takes no new work, lets running requests end within `graceMs`, then ends what is left. */
  drain(graceMs: number): Promise<void>;
  /** Ends everything at once. */
  stop(): Promise<void>;
  /** Writes the log lines that wait. To be called before the process ends without a drain. */
  flushLog(): void;
}

const CATALOG_DELAY_MS = 2000;
const DAY_MS = 24 * 60 * 60 * 1000;
const STOPPING = "The gateway stops, and the time for running requests is over (server.drain). Try again.";

/** Milliseconds that running requests may take to end after SIGTERM. */
export function drainTimeOf(config: Config): number {
  return millisecondsOf(config.server?.drain, DEFAULTS.drainMs);
}

/** The composition root: knows every room, holds the order of the stages, and starts the server. */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const { config } = options.snapshot;
  const { server } = config;
  const log = createLog(config.log?.level ?? DEFAULTS.logLevel, options.log);
  const serving = createServingState();
  const write: WriteRecord = (level, record) => log.write(level, record);
  const running = trackExchanges();
  const deadlines = new Deadlines();
  const healths = rememberHealth();
  const catalog = createCatalog({ clock: systemClock, write });
  const work = (snapshot: Snapshot, plugins: PluginRegistry): Generation =>
    createGeneration(snapshot, plugins, options.version, deadlines, healths(snapshot.config), catalog, [
      running.stage,
      createObservation(write),
      catalog.stage,
    ]);
  const tellState = (change: StateChange): void => observePlugin(log, change);
  options.plugins.onChange(tellState);
  let current = work(options.snapshot, options.plugins);
  /** The current one, and those whose exchanges still run. */
  const generations = new Set([current]);
  const gateway: Gateway = {
    clock: systemClock,
    handle: (exchange) => current.handle(exchange),
    refused: (refusal) => observeRefusal(write, refusal),
    models: () => current.models,
    providers: () => current.providers,
    configVersion: () => current.version,
    isReady: () => serving.isServing(),
    newId: () => `req_${randomUUID().replaceAll("-", "")}`,
  };
  const life = createPluginLife({ registry: () => current.plugins, providers: () => current.handles });
  const admin: AdminApi = {
    services: [
      adminService({ service: PluginService, methods: pluginService(life), routes: pluginRoutes }),
      adminService({
        service: ModelCatalogService,
        methods: modelCatalogService({ catalog, models: () => current.models }),
        routes: modelCatalogRoutes,
      }),
    ],
    guard: createGuard(() => current.adminKey || options.adminKey || undefined),
  };
  const limits = limitsOf(server);
  const store = options.store ?? configuredStore(config, write);
  const keepMs = (config.store?.keepDays ?? DEFAULTS.storeKeepDays) * DAY_MS;
  const keepAlive = new KeepAlive(options.keepAliveMs);
  const listener = await createServer({
    gateway,
    doors: [
      openAiDoor(gateway, keepAlive),
      responsesDoor(gateway, keepAlive, store, keepMs),
      anthropicDoor(gateway, keepAlive),
      openAiThroughDoor(gateway, keepAlive, limits.maxBodyBytes),
      anthropicThroughDoor(gateway, keepAlive, limits.maxBodyBytes),
      geminiDoor(gateway, keepAlive),
      rpcDoor(gateway, serving, limits.maxBodyBytes, admin),
      adminDoor(gateway, admin, errorDialect),
    ],
    answerUnknown: answerUnknownRpc,
    errors: errorDialect,
    errorsAt: [geminiErrorsAt, anthropicErrorsAt],
    corsOrigins: server?.corsOrigins,
    clientStreamingPaths: openEndedPaths,
    ...limits,
  });
  listener.ending.addEventListener("abort", () => running.cancelAll(new ParlanceError("overloaded", STOPPING)));
  const { url } = await listener.listen(server?.host ?? DEFAULTS.host, server?.port ?? DEFAULTS.port);
  serving.set(true);
  followUpdates(catalog, config);
  // Not before the gateway serves, nor in the way of what it is asked first: whoever needs a price earlier loads it.
  const warming = setTimeout(() => void catalog.ready(), CATALOG_DELAY_MS).unref();

  const stop = async (graceMs: number): Promise<void> => {
    serving.set(false);
    clearTimeout(warming);
    catalog.stop();
    await listener.drain(graceMs);
    await Promise.all([...generations].map((generation) => generation.close(true)));
    await store.close();
    log.flush();
  };
  return {
    url,
    models: () => current.models.list(),
    plugins: () => current.plugins.list(),
    apply(snapshot, plugins) {
      const before = current;
      plugins.onChange(tellState);
      current = work(snapshot, plugins);
      generations.add(current);
      followUpdates(catalog, snapshot.config);
      log.setLevel(snapshot.config.log?.level ?? DEFAULTS.logLevel);
      before.tenure.end(() => {
        generations.delete(before);
        void before.close(false);
      });
    },
    record: write,
    drain: stop,
    stop: () => stop(0),
    flushLog: () => log.flush(),
  };
}

/** A snapshot at work: all that exchanges run on and that another snapshot replaces. */
interface Generation {
  readonly version: string;
  readonly plugins: PluginRegistry;
  readonly handles: readonly ConfiguredProvider[];
  /** Key of the operator's API. */
  readonly adminKey: string | undefined;
  readonly models: ModelDirectory;
  readonly providers: ProviderDirectory;
  readonly tenure: Tenure;
  handle(exchange: Exchange): Promise<void>;
  /** Lets go of connections; `now` ends what still runs on them. */
  close(now: boolean): Promise<void>;
}

function createGeneration(
  { config, version, loadedAt }: Snapshot,
  plugins: PluginRegistry,
  program: string,
  deadlines: Deadlines,
  healthOf: (provider: string) => ProviderHealth,
  catalog: Catalog,
  first: readonly Stage[],
): Generation {
  const view = catalog.view(catalogScope(config, plugins));
  const providers = new Map(
    Object.entries(config.providers).map(([name, provider]) => [
      name,
      openProvider(name, provider, plugins, program, healthOf(name), async (loading) => {
        // A provider that is ready has its prices: no answer of it is unpriced because they were not there yet.
        const [made] = await Promise.all([loading, catalog.ready()]);
        view.offered(name, made.models ?? []);
        return made;
      }),
    ]),
  );
  const entries = modelEntries(config);
  const models = createModelDirectory(providers, entries, view, Math.floor(loadedAt / 1000));
  const tenure = createTenure();
  return {
    version,
    plugins,
    handles: [...providers].map(([name, handle]) => ({
      handle,
      isolation: config.providers[name]?.isolation ?? "in_process",
    })),
    adminKey: config.admin?.key,
    models,
    providers: createProviderDirectory(providers, entries),
    tenure,
    handle: createPipeline(
      [tenureStage(tenure), ...first, createRouting(() => models, [...providers.keys()])],
      createAttemptLoop({
        dialects: { chat: chatDialects, embeddings: embeddingDialects },
        deadlines,
        totalMs: millisecondsOf(config.server?.requestTimeout, DEFAULTS.requestTimeoutMs),
      }),
    ),
    async close(now) {
      await Promise.allSettled([...providers.values()].map((provider) => provider.close(now)));
    },
  };
}

/**
 * What is known of a provider outlives a change of configuration that leaves the provider itself as it is. Gives, for each
 * configuration in turn, the health of its providers.
 */
function rememberHealth(): (config: Config) => (provider: string) => ProviderHealth {
  let known = new Map<string, { config: ProviderConfig; health: ProviderHealth }>();
  return ({ providers }) => {
    const before = known;
    known = new Map(
      Object.entries(providers).map(([name, config]) => {
        const earlier = before.get(name);
        const same = earlier !== undefined && equals(ProviderConfigSchema, earlier.config, config);
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
  plugins: PluginRegistry,
  program: string,
  health: ProviderHealth,
  whenMade: (loading: Promise<Provider>) => Promise<Provider>,
): LazyProvider {
  const { timeouts } = provider;
  const plugin = provider.plugin ?? name;
  return new LazyProvider({
    name,
    plugin,
    health,
    refusal: () => plugins.refusal(plugin),
    credentials: credentialsOf(name, provider, plugins, whenMade),
    headers: provider.headers,
    timeouts: {
      connectMs: millisecondsOf(timeouts?.connect, DEFAULTS.connectMs),
      firstByteMs: millisecondsOf(timeouts?.firstByte, DEFAULTS.firstByteMs),
      idleMs: millisecondsOf(timeouts?.idle, DEFAULTS.idleMs),
    },
    userAgent: `parlance/${program}`,
  });
}

/** A provider of several credentials has one of them at a time; any other has what is written of it itself. */
function credentialsOf(
  name: string,
  provider: ProviderConfig,
  plugins: PluginRegistry,
  whenMade: (loading: Promise<Provider>) => Promise<Provider>,
): ProviderCredential[] {
  const plugin = provider.plugin ?? name;
  const own = create(CredentialConfigSchema, { ...(provider.apiKey !== undefined && { apiKey: provider.apiKey }) });
  const several = provider.credentials.length > 0;
  return (several ? provider.credentials : [own]).map((credential, place) => {
    const settings = { ...provider.settings, ...credential.settings };
    return {
      name: several ? credentialName(credential, place) : undefined,
      weight: credential.weight ?? DEFAULTS.credentialWeight,
      secrets: [credential.apiKey, ...secretSettings(plugins.manifest(plugin)?.settings, settings)],
      load: (maker = plugins) =>
        whenMade(
          maker.create(plugin, {
            name,
            baseUrl: provider.baseUrl?.replace(/\/+$/, ""),
            apiKey: credential.apiKey,
            settings,
          }),
        ),
    };
  });
}

function modelEntries(config: Config): ModelEntry[] {
  return Object.entries(config.models).map(([name, model]) => ({
    name,
    strict: model.strict,
    targets: model.targets.map((target) => ({
      provider: target.provider,
      model: target.model,
      priority: target.priority ?? 0,
      price: target.price && priceOf(target.price),
    })),
  }));
}

/** What the configuration says that bears on the model catalogue. */
function catalogScope(config: Config, plugins: PluginRegistry): CatalogScope {
  const providers = Object.entries(config.providers).map(([name, provider]): [string, VendorHint] => {
    const plugin = provider.plugin ?? name;
    const { baseUrl, catalog } = provider;
    if (catalog !== undefined) return [name, { ids: [catalog], baseUrl, certain: true }];
    const ids = plugins.manifest(plugin)?.catalog ?? [];
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

function followUpdates(catalog: Catalog, { catalog: config }: Config): void {
  catalog.follow({ url: config?.url, refreshMs: millisecondsOf(config?.refresh, DEFAULTS.catalogRefreshMs) });
}

function configuredStore({ store }: Config, write: WriteRecord): Store {
  return openStore({
    kind: store?.kind ?? DEFAULTS.storeKind,
    path: store?.path,
    maxBytes: Number(store?.maxBytes ?? DEFAULTS.storeMaxBytes),
    now: () => systemClock.wall(),
    tell: (state, error) =>
      write(state === "lost" ? "error" : "info", { msg: `store ${state}`, error_message: error?.message }),
  });
}

function limitsOf(server: ServerConfig | undefined) {
  return {
    maxBodyBytes: Number(server?.maxBodyBytes ?? DEFAULTS.maxBodyBytes),
    headerTimeoutMs: millisecondsOf(server?.headerTimeout, DEFAULTS.headerTimeoutMs),
    bodyTimeoutMs: millisecondsOf(server?.bodyTimeout, DEFAULTS.bodyTimeoutMs),
    tls: server?.tls && { cert: readFileSync(server.tls.certFile), key: readFileSync(server.tls.keyFile) },
  };
}

function createServingState() {
  const listeners = new Set<() => void>();
  let serving = false;
  return {
    isServing: () => serving,
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next: boolean): void {
      serving = next;
      listeners.forEach((listener) => listener());
    },
  };
}
