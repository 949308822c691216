import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DestinationStream } from "pino";
import { millisecondsOf } from "./config/duration.js";
import { parseDollars } from "./config/money.js";
import type { Snapshot } from "./config/snapshot.js";
import { systemClock } from "./core/clock.js";
import { Deadlines } from "./core/deadlines.js";
import type { Gateway } from "./core/gateway.js";
import type { Price } from "./core/pricing.js";
import { LazyProvider } from "./core/provider-handle.js";
import { trackExchanges } from "./core/running-exchanges.js";
import { createPipeline } from "./core/stage.js";
import type { ListedModel } from "./core/target.js";
import { chatDialects, embeddingDialects } from "./dialects/index.js";
import type { Config, PriceConfig, ProviderConfig, ServerConfig } from "./gen/parlance/config/v1/config_pb.js";
import type { PluginRegistry, PluginStatus } from "./loader/registry.js";
import { createAttemptLoop } from "./resilience/attempt.js";
import { createModelDirectory, type ModelEntry } from "./routing/model-directory.js";
import { createRouting } from "./routing/plan.js";
import { createLog } from "./telemetry/log.js";
import { ParlanceError } from "./sdk/index.js";
import { createObservation, observeRefusal, type WriteRecord } from "./telemetry/observe.js";
import { errorDialect, openAiDoor } from "./transport/openai/door.js";
import { openEndedPaths, rpcDoor } from "./transport/rpc/door.js";
import { answerUnknownRpc } from "./transport/rpc/unknown-rpc.js";
import { createServer } from "./transport/server.js";

/** What a gateway is started with. */
export interface StartOptions {
  readonly snapshot: Snapshot;
  readonly plugins: PluginRegistry;
  /** Sent to providers as `user-agent`, after `parlance/`. */
  readonly version: string;
  /** Where log lines go. Absent means standard output. */
  readonly log?: DestinationStream | undefined;
}

/** A gateway that serves. */
export interface RunningGateway {
  readonly url: string;
  models(): Promise<ListedModel[]>;
  plugins(): PluginStatus[];
  /** Takes no new work, lets running requests end within `graceMs`, then ends what is left. */
  drain(graceMs: number): Promise<void>;
  /** Ends everything at once. */
  stop(): Promise<void>;
}

const STOPPING = "The gateway stops, and the time for running requests is over (server.drain). Try again.";

const DEFAULTS = {
  host: "127.0.0.1",
  port: 8080,
  maxBodyBytes: 32 * 1024 * 1024,
  headerTimeoutMs: 10_000,
  bodyTimeoutMs: 60_000,
  requestTimeoutMs: 30 * 60_000,
  connectMs: 10_000,
  firstByteMs: 5 * 60_000,
  idleMs: 2 * 60_000,
};

/** Milliseconds that running requests may take to end after SIGTERM. */
export function drainTimeOf(config: Config): number {
  return millisecondsOf(config.server?.drain, 10 * 60_000);
}

/** The composition root: knows every room, holds the order of the stages, and starts the server. */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const { config, version, loadedAt } = options.snapshot;
  const { server } = config;
  const log = createLog(config.log?.level ?? "info", options.log);
  const providers = new Map(
    Object.entries(config.providers).map(([name, provider]) => [name, openProvider(name, provider, options)]),
  );
  const models = createModelDirectory(providers, modelEntries(config), Math.floor(loadedAt / 1000));
  const serving = createServingState();
  const write: WriteRecord = (level, record) => log.logger[level](record);
  const running = trackExchanges();
  const handle = createPipeline(
    [running.stage, createObservation(write), createRouting(() => models)],
    createAttemptLoop({
      dialects: { chat: chatDialects, embeddings: embeddingDialects },
      deadlines: new Deadlines(),
      totalMs: millisecondsOf(server?.requestTimeout, DEFAULTS.requestTimeoutMs),
    }),
  );
  const gateway: Gateway = {
    clock: systemClock,
    handle,
    refused: (refusal) => observeRefusal(write, refusal),
    models: () => models,
    configVersion: () => version,
    isReady: () => serving.isServing(),
    newId: () => `req_${randomUUID().replaceAll("-", "")}`,
  };
  const limits = limitsOf(server);
  const listener = await createServer({
    gateway,
    doors: [openAiDoor(gateway), rpcDoor(gateway, serving, limits.maxBodyBytes)],
    answerUnknown: answerUnknownRpc,
    errors: errorDialect,
    corsOrigins: server?.corsOrigins,
    clientStreamingPaths: openEndedPaths,
    ...limits,
  });
  listener.ending.addEventListener("abort", () => running.cancelAll(new ParlanceError("overloaded", STOPPING)));
  const { url } = await listener.listen(server?.host ?? DEFAULTS.host, server?.port ?? DEFAULTS.port);
  serving.set(true);

  const close = async (now: boolean): Promise<void> => {
    await Promise.allSettled([...providers.values()].map((provider) => provider.close(now)));
    log.flush();
  };
  return {
    url,
    models: () => models.list(),
    plugins: () => options.plugins.list(),
    async drain(graceMs) {
      serving.set(false);
      await listener.drain(graceMs);
      await close(true);
    },
    async stop() {
      serving.set(false);
      await listener.drain(0);
      await close(true);
    },
  };
}

function openProvider(name: string, provider: ProviderConfig, options: StartOptions): LazyProvider {
  const { timeouts } = provider;
  return new LazyProvider({
    name,
    load: () =>
      options.plugins.create(provider.plugin ?? name, {
        name,
        baseUrl: provider.baseUrl?.replace(/\/+$/, ""),
        apiKey: provider.apiKey,
        settings: provider.settings ?? {},
      }),
    headers: provider.headers,
    timeouts: {
      connectMs: millisecondsOf(timeouts?.connect, DEFAULTS.connectMs),
      firstByteMs: millisecondsOf(timeouts?.firstByte, DEFAULTS.firstByteMs),
      idleMs: millisecondsOf(timeouts?.idle, DEFAULTS.idleMs),
    },
    userAgent: `parlance/${options.version}`,
  });
}

function modelEntries(config: Config): ModelEntry[] {
  return Object.entries(config.models).map(([name, model]) => ({
    name,
    targets: model.targets.map((target) => ({
      provider: target.provider,
      model: target.model,
      priority: target.priority ?? 0,
      price: target.price && priceOf(target.price),
    })),
  }));
}

/** Dollars for a million tokens as nano-dollars for a million tokens. */
function priceOf(price: PriceConfig): Price {
  const input = parseDollars(price.input) ?? 0n;
  const output = parseDollars(price.output) ?? 0n;
  return {
    input,
    output,
    cacheRead: price.cacheRead === undefined ? input : (parseDollars(price.cacheRead) ?? input),
    cacheWrite: price.cacheWrite === undefined ? input : (parseDollars(price.cacheWrite) ?? input),
  };
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
