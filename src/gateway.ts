import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createGuard } from "./admin/guard.js";
import { createPluginLife } from "./admin/plugin-life.js";
import { modelCatalogRoutes, modelCatalogService } from "./admin/model-catalog.js";
import { pluginRoutes, pluginService } from "./admin/plugin-service.js";
import { type CanaryDesk, routeRoutes, routeService } from "./admin/route-service.js";
import { createTargetDesk } from "./admin/target-desk.js";
import type { TargetFacts } from "./admin/target-facts.js";
import { targetRoutes, targetService } from "./admin/target-service.js";
import { type Catalog, createCatalog } from "./catalog/catalog.js";
import { canaryEntries } from "./canary-entries.js";
import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { Snapshot } from "./config/snapshot.js";
import { systemClock } from "./core/clock.js";
import { Deadlines } from "./core/deadlines.js";
import type { Gateway } from "./core/gateway.js";
import { hideIn } from "./core/hide-secrets.js";
import { trackExchanges } from "./core/running-exchanges.js";
import type { ListedModel } from "./core/target.js";
import { type Config, type ServerConfig } from "./gen/parlance/config/v1/config_pb.js";
import { ModelCatalogService } from "./gen/parlance/admin/v1/model_catalog_service_pb.js";
import { RouteService } from "./gen/parlance/admin/v1/route_service_pb.js";
import { TargetService } from "./gen/parlance/admin/v1/target_service_pb.js";
import { PluginService } from "./gen/parlance/admin/v1/plugin_service_pb.js";
import type { PluginStatus, StateChange } from "./loader/plugin-entry.js";
import type { PluginRegistry } from "./loader/registry.js";
import { createGeneration, type Generation, rememberHealth, requestTimeoutOf } from "./generation.js";
import { shareHints } from "./resilience/breaker-hints.js";
import { createProbe } from "./resilience/probe.js";
import { CredentialRests } from "./resilience/credential-rests.js";
import { watchLoad } from "./resilience/load.js";
import { processMemory } from "./resilience/memory-meter.js";
import { createTargetStates } from "./resilience/target-states.js";
import { createCanaries } from "./routing/canaries.js";
import { ParlanceError } from "./sdk/index.js";
import { settingsOfLoad } from "./settings-of-load.js";
import { probeOf, settingsOfTargets } from "./settings-of-targets.js";
import { openStore } from "./store/open-store.js";
import type { Store } from "./store/store.js";
import type { LogDestination } from "./telemetry/line-batch.js";
import { createLog } from "./telemetry/log.js";
import { observePlugin } from "./telemetry/observe-plugin.js";
import { createTargetObservation } from "./telemetry/observe-target.js";
import { createObservation, observeOverload, observeRefusal } from "./telemetry/observe.js";
import type { WriteRecord } from "./core/write-record.js";
import { createTracing } from "./telemetry/trace.js";
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
  /** What runs and waits at each target that is known. */
  targets(): TargetLoad[];
  /**
   * Puts another checked snapshot in force, whole: exchanges that run stay on the one that they began on. What it
   * says of the listener, but for `request_timeout` and `drain`, waits for the next start.
   */
  apply(snapshot: Snapshot, plugins: PluginRegistry): void;
  /** A text without the credentials of the providers in force. */
  hide(text: string): string;
  /** Writes a line to the log. */
  readonly record: WriteRecord;
  /** Takes no new work, lets running requests end within `graceMs`, then ends what is left. */
  drain(graceMs: number): Promise<void>;
  /** Ends everything at once. */
  stop(): Promise<void>;
  /** Writes the log lines that wait. To be called before the process ends without a drain. */
  flushLog(): void;
}

/** What runs and waits at a target. */
export interface TargetLoad {
  readonly target: string;
  readonly inFlight: number;
  readonly queued: number;
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
  const rests = new CredentialRests(systemClock);
  const healths = rememberHealth((provider) => {
    rests.reset(provider);
    states.startOver(provider);
  });
  const states = createTargetStates(systemClock, deadlines, settingsOfTargets(config));
  states.onChange(createTargetObservation(write, () => systemClock.monotonic()));
  const canaries = createCanaries(systemClock, write);
  states.onChange((target, { breaker: { opening } }) => {
    if (opening !== undefined && opening.by !== "operator") canaries.broke(target, opening.why);
  });
  states.whenEnded((target, { error, ttftMs, durationMs, overtaken }) => {
    // One that another was quicker than has not failed: it was slow.
    if (overtaken === true) canaries.attempted(target, undefined, durationMs);
    else canaries.attempted(target, error, ttftMs);
  });
  const probe = createProbe({ states, deadlines, providers: () => current.handles.map(({ handle }) => handle) });
  const catalog = createCatalog({ clock: systemClock, write });
  const load = watchLoad({
    clock: systemClock,
    deadlines,
    memory: processMemory(),
    settings: settingsOfLoad(config),
    changed: (overload) => observeOverload(write, overload?.reason),
  });
  const work = (snapshot: Snapshot, plugins: PluginRegistry): Generation => {
    canaries.configure(canaryEntries(snapshot.config));
    return createGeneration(
      snapshot,
      plugins,
      options.version,
      deadlines,
      healths(snapshot.config),
      states,
      canaries,
      rests,
      catalog,
      write,
      [
        running.stage,
        createObservation(write),
        createTracing(),
        catalog.stage,
        load.stage(requestTimeoutOf(snapshot.config)),
      ],
    );
  };
  const tellState = (change: StateChange): void => observePlugin(log, change);
  options.plugins.onChange(tellState);
  let current = work(options.snapshot, options.plugins);
  /** The current one, and those whose exchanges still run. */
  const generations = new Set([current]);
  const gateway: Gateway = {
    clock: systemClock,
    handle: (exchange) => current.handle(exchange),
    overload: (caller) => load.refusal(caller),
    refused: (refusal) => observeRefusal(write, refusal),
    models: () => current.models,
    providers: () => current.providers,
    configVersion: () => current.version,
    isReady: () => serving.isServing(),
    newId: () => `req_${randomUUID().replaceAll("-", "")}`,
  };
  const life = createPluginLife({ registry: () => current.plugins, providers: () => current.handles });
  const stopping = new AbortController();
  const facts: TargetFacts = {
    states,
    rests,
    providers: () => current.models.providers(),
    models: () => current.configuredModels,
    clock: systemClock,
    stopping: stopping.signal,
  };
  const desk = createTargetDesk(facts);
  const canaryDesk: CanaryDesk = {
    words: (model, member) => canaries.of(model, member)?.words(),
    reset: (model) => canaries.reset(model),
  };
  const admin: AdminApi = {
    services: [
      adminService({ service: PluginService, methods: pluginService(life), routes: pluginRoutes }),
      adminService({
        service: ModelCatalogService,
        methods: modelCatalogService({ catalog, models: () => current.models }),
        routes: modelCatalogRoutes,
      }),
      adminService({ service: TargetService, methods: targetService(desk, facts), routes: targetRoutes }),
      adminService({ service: RouteService, methods: routeService(desk, facts, canaryDesk), routes: routeRoutes }),
    ],
    guard: createGuard(() => current.adminKey || options.adminKey || undefined),
  };
  const limits = limitsOf(server);
  const store = options.store ?? configuredStore(config, write);
  // What is kept for this process alone is no news to others.
  const isShared = options.store !== undefined || config.store !== undefined;
  const endHints = isShared ? shareHints({ states, store, clock: systemClock, replica: randomUUID() }) : undefined;
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
  probe.configure(probeOf(config));
  // Not before the gateway serves, nor in the way of what it is asked first: whoever needs a price earlier loads it.
  const warming = setTimeout(() => void catalog.ready(), CATALOG_DELAY_MS).unref();

  const stop = async (graceMs: number): Promise<void> => {
    serving.set(false);
    stopping.abort();
    clearTimeout(warming);
    catalog.stop();
    load.stop();
    probe.stop();
    endHints?.();
    await listener.drain(graceMs);
    await Promise.all([...generations].map((generation) => generation.close(true)));
    await store.close();
    log.flush();
  };
  return {
    url,
    models: () => current.models.list(),
    plugins: () => current.plugins.list(),
    targets: () => [...states.all()].map(([target, { inFlight, queued }]) => ({ target, inFlight, queued })),
    apply(snapshot, plugins) {
      const before = current;
      plugins.onChange(tellState);
      current = work(snapshot, plugins);
      load.configure(settingsOfLoad(snapshot.config));
      generations.add(current);
      plugins.keep(new Set(Object.keys(snapshot.config.providers)));
      takeOver(before, current);
      followUpdates(catalog, snapshot.config);
      probe.configure(probeOf(snapshot.config));
      log.setLevel(snapshot.config.log?.level ?? DEFAULTS.logLevel);
      before.tenure.end(() => {
        generations.delete(before);
        void before.close(false);
      });
    },
    hide: (text) => current.handles.reduce((hidden, { handle }) => hideIn(hidden, handle.secrets), text),
    record: write,
    drain: stop,
    stop: () => stop(0),
    flushLog: () => log.flush(),
  };
}

/** What runs outside of this process for providers that stay as they are is taken over before it is let go of. */
function takeOver(before: Generation, next: Generation): void {
  const made = new Set(before.handles.filter(({ handle }) => handle.isMade).map(({ handle }) => handle.name));
  for (const { handle } of next.handles) {
    if (!made.has(handle.name)) continue;
    // Its first call tells why it cannot be made.
    void Promise.resolve(handle.ready()).catch(() => {});
  }
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
