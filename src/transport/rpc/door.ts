import type { ConnectRouter } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import type { FastifyInstance } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { CompletionService } from "../../gen/parlance/v1/completion_service_pb.js";
import { ModelService } from "../../gen/parlance/v1/model_service_pb.js";
import { RoutingService } from "../../gen/parlance/v1/routing_service_pb.js";
import type { AdminApi } from "../admin-api.js";
import type { Listener } from "../listener.js";
import { serveAdmin } from "./admin-services.js";
import { clientStreamingPaths } from "./client-streaming-paths.js";
import { healthService, type ServingState } from "./health.js";
import { modelService } from "./model-service.js";
import { makeMessagesReadable } from "./readable-message.js";
import { reflectionService } from "./reflection.js";
import { routingService } from "./routing-service.js";
import { serveCompletions } from "./serve-rpc.js";

/** Largest message that is sent: an answer may hold pictures and sound. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Paths of the methods whose client may keep its stream open. */
export const openEndedPaths = clientStreamingPaths([ServerReflection, ServerReflectionAlpha]);

/**
 * The doors of gRPC, gRPC-Web and Connect, with health and reflection. `maxBytes`: the largest message that is read.
 * `admin`: the operator's services, behind their guard.
 *
 * The completion service, through which nearly all calls go, is carried by our own hands; the others by Connect's
 * library, whose promises and generators cost many times what they carry.
 */
export function rpcDoor(gateway: Gateway, serving: ServingState, maxBytes: number, admin: AdminApi) {
  const services = [CompletionService, ModelService, RoutingService, ...admin.services.map(({ service }) => service)];
  const routesOf =
    (draining: AbortSignal) =>
    (router: ConnectRouter): void => {
      router.service(ModelService, modelService(gateway));
      router.service(RoutingService, routingService(gateway));
      const names = services.map(({ typeName }) => typeName);
      router.service(Health, healthService(names, serving, draining));
      const reflection = reflectionService([...services, Health, ServerReflection, ServerReflectionAlpha], draining);
      router.service(ServerReflection, reflection);
      router.service(ServerReflectionAlpha, reflection);
    };
  return async (scope: FastifyInstance, listener: Listener): Promise<void> => {
    await scope.register(async (own) => serveCompletions(own, gateway, maxBytes));
    await scope.register((own) => serveAdmin(own, gateway, admin));
    const routes = routesOf(listener.draining);
    await scope.register(async (own) => {
      makeMessagesReadable(own);
      await own.register(fastifyConnectPlugin, {
        routes,
        readMaxBytes: maxBytes,
        writeMaxBytes: MAX_ANSWER_BYTES,
        // One small message a token: compressing them costs more than it saves.
        acceptCompression: [],
      });
    });
  };
}
