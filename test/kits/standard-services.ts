import { fileURLToPath } from "node:url";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { credentials, type Client, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../src/gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../src/gen/grpc/reflection/v1alpha/reflection_pb.js";
import { CompletionService } from "../../src/gen/parlance/v1/completion_service_pb.js";
import { ModelService } from "../../src/gen/parlance/v1/model_service_pb.js";
import { RoutingService } from "../../src/gen/parlance/v1/routing_service_pb.js";
import type { ListenerOptions } from "../../src/transport/listener.js";
import { startListener, type TestListener } from "./listener.js";
import { clientStreamingPaths } from "../../src/transport/rpc/client-streaming-paths.js";
import { healthService, type ServingState } from "../../src/transport/rpc/health.js";
import { reflectionService } from "../../src/transport/rpc/reflection.js";
import { answerUnknownRpc } from "../../src/transport/rpc/unknown-rpc.js";

const PROTO = fileURLToPath(new URL("../../proto", import.meta.url));
const REFLECTED = [CompletionService, ModelService, RoutingService, Health, ServerReflection, ServerReflectionAlpha];

/** A serving state that a test turns on and off, and of which it sees how many watch. */
export interface TestState extends ServingState {
  set(serving: boolean): void;
  watchers(): number;
}

export function testState(): TestState {
  const listeners = new Set<() => void>();
  let serving = true;
  return {
    isServing: () => serving,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      serving = next;
      for (const listener of listeners) listener();
    },
    watchers: () => listeners.size,
  };
}

/** A listener with health and reflection. */
export function startStandardServices(state: TestState, options: Partial<ListenerOptions> = {}): Promise<TestListener> {
  return startListener(
    { clientStreamingPaths: clientStreamingPaths(REFLECTED), answerUnknown: answerUnknownRpc, ...options },
    ({ app, draining }) => {
      const reflection = reflectionService(REFLECTED, draining);
      void app.register(fastifyConnectPlugin, {
        routes: (router) => {
          router.service(Health, healthService([CompletionService.typeName], state, draining));
          router.service(ServerReflection, reflection);
          router.service(ServerReflectionAlpha, reflection);
        },
      });
    },
  );
}

/** A stub that @grpc/grpc-js made of a proto file of its own accord, reduced to what tests call. */
export type Stub = Client & Record<string, (...given: unknown[]) => Call>;

/** A running call of @grpc/grpc-js. */
export interface Call extends NodeJS.EventEmitter {
  cancel(): void;
  write(message: object): void;
  end(): void;
}

/** Connects to a service by its proto file. */
export async function grpcStub(port: number, file: string, service: string): Promise<Stub> {
  const definition = await load(file, { includeDirs: [PROTO], enums: String, defaults: true, oneofs: true });
  let found: unknown = loadPackageDefinition(definition);
  for (const name of service.split(".")) found = (found as Record<string, unknown>)[name];
  const Service = found as new (address: string, channel: unknown) => Stub;
  return new Service(`127.0.0.1:${port}`, credentials.createInsecure());
}

/** One answer to one request. */
export function unary(
  stub: Stub,
  method: string,
  request: object,
  options: object = {},
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    stub[method]?.(request, options, (error: ServiceError | null, answer: Record<string, unknown>) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

/** The error that ends a call, or undefined where it ends well. */
export function ended(call: Call): Promise<ServiceError | undefined> {
  return new Promise((resolve) => {
    call.once("error", resolve);
    call.once("end", () => resolve(undefined));
  });
}

/** The next message of a call. */
export function next(call: Call): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    call.once("data", resolve);
    call.once("error", reject);
  });
}
