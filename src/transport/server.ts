import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { type ChatDialect, type EmbeddingDialect, ParlanceError } from "../sdk/index.js";
import { headersOf } from "./headers-of.js";
import { fromHttpFault } from "./http-fault.js";
import { createListener, type Listener, type ListenerOptions } from "./listener.js";
import { openAiDoor } from "./openai/door.js";
import { writeError } from "./rest-error.js";
import { RPC_SERVICES, rpcDoor } from "./rpc/door.js";
import { healthService, type ServingState } from "./rpc/health.js";
import { reflectionService } from "./rpc/reflection.js";
import { answerUnknownRpc } from "./rpc/unknown-rpc.js";

/** What the server is made from. */
export interface ServerInit extends ListenerOptions {
  readonly gateway: Gateway;
  readonly serving: ServingState;
  readonly dialects: { readonly openAi: { readonly chat: ChatDialect; readonly embeddings: EmbeddingDialect } };
  /** Web origins that may call; empty means any. */
  readonly corsOrigins: readonly string[];
}

/** Every door on one port. */
export async function createServer(init: ServerInit): Promise<Listener> {
  const listener = createListener(init);
  const { app } = listener;
  await app.register(cors, {
    origin: init.corsOrigins.length === 0 || init.corsOrigins.includes("*") ? true : [...init.corsOrigins],
    methods: ["GET", "POST", "DELETE", "OPTIONS"],
    exposedHeaders: EXPOSED,
    maxAge: 7200,
  });
  addHealth(app, init.gateway);
  const openAi = init.dialects.openAi;
  app.setErrorHandler((thrown: Error, _request, reply) => {
    reply.hijack();
    const error = ParlanceError.is(thrown) ? thrown : fromHttpFault(thrown);
    writeError(reply.raw, openAi.chat, error, { ...headersOf(reply), "x-request-id": init.gateway.newId() });
  });
  app.setNotFoundHandler((request, reply) => {
    if (answerUnknownRpc(request, reply)) return;
    throw new ParlanceError("not_found", `There is nothing at ${request.method} ${request.url.split("?")[0]}.`);
  });
  await app.register(openAiDoor(init.gateway, openAi));
  await app.register(fastifyConnectPlugin, {
    readMaxBytes: init.maxBodyBytes,
    writeMaxBytes: 256 * 1024 * 1024,
    // One small frame a token: compressing them costs more than it saves.
    acceptCompression: [],
    routes(router) {
      rpcDoor(init.gateway)(router);
      router.service(Health, healthService(RPC_SERVICES.map(({ typeName }) => typeName), init.serving));
      const described = [...RPC_SERVICES, Health, ServerReflection, ServerReflectionAlpha];
      const reflection = reflectionService(described);
      router.service(ServerReflection, reflection);
      router.service(ServerReflectionAlpha, reflection);
    },
  });
  return listener;
}

const EXPOSED = [
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "x-request-id",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "x-parlance-provider",
  "x-parlance-target",
  "x-parlance-model",
  "x-parlance-attempts",
  "x-parlance-lane",
  "x-parlance-cost",
  "x-parlance-config-version",
];

function addHealth(app: FastifyInstance, gateway: Gateway): void {
  app.get("/health", (_request, reply) => reply.send({ status: "ok" }));
  app.get("/ready", (_request, reply) =>
    gateway.isReady()
      ? reply.send({ status: "ready", config_version: gateway.configVersion() })
      : reply.code(503).send({ status: "draining" }),
  );
}
