import type { Message } from "@bufbuild/protobuf";
import type { MessagePort } from "node:worker_threads";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ProviderService } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import type { ProviderPlugin } from "../../sdk/index.js";
import { rpcMethods } from "../../sdk/rpc-methods.js";
import { type Answers, healthAnswers, providerAnswers, statusOfThrown } from "../../sdk/served-methods.js";
import type { ServeOptions } from "../../sdk/serve-options.js";
import { createServedProviders } from "../../sdk/served-providers.js";
import type { FromPlugin, ToPlugin } from "./messages.js";

const MESSAGES_AT_ONCE = 16;

interface Running {
  readonly controller: AbortController;
  paused: boolean;
  resume: () => void;
}

/** Serves a plugin in a thread over its port: the same service as over a socket, method by method. Says once that it does. */
export function serveMessages(plugin: ProviderPlugin, options: ServeOptions, port: MessagePort): void {
  const methods = new Map([
    ...entries(ProviderService, providerAnswers(createServedProviders(plugin, options), options)),
    ...entries(Health, healthAnswers([ProviderService.typeName])),
  ]);
  const running = new Map<number, Running>();
  const say = (message: FromPlugin): void => port.postMessage(message);

  const answer = async (id: number, path: string, bytes: Uint8Array, call: Running): Promise<void> => {
    const { signal } = call.controller;
    // What is there at once goes at once: a message between threads costs more than what is in it.
    let batch: Uint8Array[] = [];
    let flushing: NodeJS.Immediate | undefined;
    const flush = (): void => {
      clearImmediate(flushing);
      flushing = undefined;
      if (batch.length > 0) say({ id, messages: batch });
      batch = [];
    };
    try {
      const found = methods.get(path);
      if (found === undefined) throw new Error(`There is no method ${path}.`);
      const { method, act } = found;
      const made = act(method.requestDeserialize(bytes as Buffer) as never, signal);
      if (!method.responseStream) batch.push(method.responseSerialize(await (made as Promise<Message>)));
      else {
        for await (const message of made as AsyncIterable<Message>) {
          if (signal.aborted) return;
          batch.push(method.responseSerialize(message));
          flushing ??= setImmediate(flush);
          if (batch.length < MESSAGES_AT_ONCE) continue;
          flush();
          // A plugin that never waits must hear that its caller has left, or reads no faster.
          await new Promise((resolve) => setImmediate(resolve));
          if (call.paused) await new Promise<void>((resolve) => (call.resume = resolve));
        }
      }
      flush();
      say({ id, end: true });
    } catch (thrown) {
      flush();
      if (!signal.aborted) say({ id, error: statusOfThrown(thrown, options.name, signal) });
    } finally {
      clearImmediate(flushing);
      running.delete(id);
    }
  };

  port.on("message", (message: ToPlugin) => {
    const { id } = message;
    const call = running.get(id);
    if ("path" in message) {
      const begun: Running = { controller: new AbortController(), paused: false, resume: () => {} };
      running.set(id, begun);
      void answer(id, message.path, message.request, begun);
    } else if (call !== undefined && "cancel" in message) {
      call.controller.abort();
      call.resume();
    } else if (call !== undefined && "paused" in message) {
      call.paused = message.paused;
      if (!message.paused) call.resume();
    }
  });
  port.postMessage("ready");
}

function entries(service: typeof ProviderService | typeof Health, answers: Answers) {
  const methods = rpcMethods(service);
  return Object.entries(answers).flatMap(([name, act]) => {
    const method = methods[name];
    return method === undefined ? [] : [[method.path, { method, act }] as const];
  });
}
