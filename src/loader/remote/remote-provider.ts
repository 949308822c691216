import { create, type Message } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import {
  CompleteRequestSchema,
  ConfigureRequestSchema,
  type ConfigureResponse,
  CountTokensRequestSchema,
  type CountTokensResponse,
  EmbedRequestSchema,
  type EmbedResponse,
  ReleaseRequestSchema,
} from "../../gen/parlance/provider/v1/provider_service_pb.js";
import {
  type OfferedModel,
  ParlanceError,
  type Provider,
  type ProviderCall,
  type ProviderSettings,
} from "../../sdk/index.js";
import { ChunkStream } from "./chunk-stream.js";
import { type Method, METHODS } from "./connection.js";
import { LateStream } from "./late-stream.js";
import type { Placement } from "./placement.js";
import { type Blamed, isForgotten, isLost, pluginError, streamError } from "./plugin-error.js";
import type { Running, Supervisor } from "./supervisor.js";

/** A plugin gives up by itself in time, and says better why; this is for one that does not. */
const SLACK_MS = 1000;
const RELEASE_WITHIN_MS = 1000;

/** A provider whose plugin runs elsewhere, and what it is made from. */
export interface RemoteInit extends Blamed {
  readonly supervisor: Supervisor;
  /** The provider's settings, once the plugin has told their schema. Throws `invalid_request`. */
  readonly settings: (running: Running) => ProviderSettings;
  readonly placement: Placement;
}

const dialects = new WeakMap<Provider, () => readonly string[]>();

/** Names of the dialects that a provider elsewhere speaks to its own server, as far as it tells; empty where it does not. */
export function toldDialects(provider: Provider): readonly string[] {
  return dialects.get(provider)?.() ?? [];
}

/**
 * Makes a provider in a plugin that runs elsewhere, and stands for it. It survives the plugin: a call after a crash finds
 * the plugin started again, and has the provider made anew. Rejects with a `ParlanceError` that names the plugin.
 */
export async function remoteProvider(init: RemoteInit): Promise<Provider> {
  const { supervisor } = init;
  supervisor.use();
  try {
    const running = await supervisor.running();
    const caller = createCaller(init);
    await caller.configured(running);
    const provider = caller.provider(running.handshake.capabilities);
    dialects.set(provider, caller.dialects);
    return provider;
  } catch (error) {
    // It may be starting once more, which is no reason to wait here.
    void supervisor.leave();
    throw pluginError(error, init);
  }
}

function createCaller(init: RemoteInit) {
  const { supervisor, placement, plugin } = init;
  const { connectMs, firstByteMs, idleMs } = placement.timeouts;
  const firstMs = connectMs + firstByteMs + SLACK_MS;
  let models: readonly OfferedModel[] = [];
  let spoken: readonly string[] = [];
  let closed = false;
  /** By what the provider is known in a plugin that was started again. */
  const key = {};

  const configure = async (running: Running): Promise<string> => {
    const { name, baseUrl, apiKey, settings } = init.settings(running);
    const request = create(ConfigureRequestSchema, {
      name,
      settings,
      headers: placement.headers,
      connectTimeout: duration(connectMs),
      firstByteTimeout: duration(firstByteMs),
      idleTimeout: duration(idleMs),
      ...(baseUrl !== undefined && { baseUrl }),
      ...(apiKey !== undefined && { apiKey }),
    });
    const timeoutMs = placement.supervision.startTimeoutMs;
    const answer = await running.connection.unary<ConfigureResponse>(METHODS.configure, request, { timeoutMs });
    models = answer.models.map(({ name: model, operations }) => ({
      name: model,
      operations: operations.filter((operation) => operation === "complete" || operation === "embed"),
    }));
    spoken = answer.dialects;
    running.configured.set(key, answer.provider);
    return answer.provider;
  };
  const configured = (running: Running): string | Promise<string> => {
    const known = running.configured.get(key);
    if (known !== undefined) return known;
    const making = configure(running);
    running.configured.set(key, making);
    // A failure is told to those who wait; the next call tries again.
    making.catch(() => running.configured.delete(key));
    return making;
  };

  /** Has `act` done on a plugin that knows the provider; once more where it turns out to have forgotten it. */
  const withProvider = async <T>(act: (running: Running, provider: string) => Promise<T>): Promise<T> => {
    for (let again = false; ; again = true) {
      if (closed) throw new ParlanceError("provider_unavailable", `The plugin "${plugin}" was let go of.`);
      const running = await supervisor.running();
      try {
        return await act(running, await configured(running));
      } catch (thrown) {
        if (isLost(thrown)) supervisor.suspect(running);
        if (again || !isForgotten(thrown)) throw pluginError(thrown, init);
        running.configured.delete(key);
      }
    }
  };
  const unary = <O extends Message>(
    call: ProviderCall,
    method: Method,
    request: (provider: string) => Message,
  ): Promise<O> =>
    withProvider(({ connection }, provider) =>
      connection.unary<O>(method, request(provider), { signal: call.signal, timeoutMs: firstMs }),
    );

  return {
    configured,
    dialects: () => spoken,
    provider(capabilities: readonly string[]): Provider {
      const can = new Set(capabilities);
      return {
        ...(models.length > 0 && { models }),
        ...(can.has("complete") && {
          complete: (chat, call) =>
            new LateStream((begin) =>
              withProvider(({ connection }, provider) => {
                const { model, requestId, signal, stream } = call;
                const request = create(CompleteRequestSchema, { provider, model, requestId, chat, stream });
                return begin(
                  new ChunkStream({
                    call: connection.stream(METHODS.complete, request),
                    signal,
                    firstMs,
                    idleMs: idleMs + SLACK_MS,
                    heard: () => connection.hear(),
                    toError: (thrown, began) => (began ? streamError(thrown, init) : thrown),
                    plugin,
                  }),
                );
              }),
            ),
        }),
        ...(can.has("embed") && {
          embed: async (embedding, call) => {
            const { model, requestId } = call;
            const { result } = await unary<EmbedResponse>(call, METHODS.embed, (provider) =>
              create(EmbedRequestSchema, { provider, model, requestId, embedding }),
            );
            if (result === undefined) {
              throw new ParlanceError("malformed_answer", `The plugin "${plugin}" answered without a result.`);
            }
            return result;
          },
        }),
        ...(can.has("count_tokens") && {
          countTokens: async (chat, call) => {
            const { model, requestId } = call;
            const { inputTokens } = await unary<CountTokensResponse>(call, METHODS.countTokens, (provider) =>
              create(CountTokensRequestSchema, { provider, model, requestId, chat }),
            );
            return Number(inputTokens);
          },
        }),
        async close() {
          if (closed) return;
          closed = true;
          await release();
          await supervisor.leave();
        },
      };
    },
  };

  async function release(): Promise<void> {
    const running = supervisor.runningNow();
    const provider = running?.configured.get(key);
    if (running === undefined || typeof provider !== "string") return;
    const request = create(ReleaseRequestSchema, { provider });
    // It ends in any case, and with it what it holds.
    await running.connection.unary(METHODS.release, request, { timeoutMs: RELEASE_WITHIN_MS }).catch(() => {});
  }
}

function duration(milliseconds: number): Pick<Duration, "seconds" | "nanos"> {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1_000_000) };
}
