import { ConnectError, createContextKey, createContextValues, type Interceptor } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import type { FastifyInstance } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { ParlanceError } from "../../sdk/index.js";
import { type AdminApi, adminCallOf, MAX_ADMIN_BYTES } from "../admin-api.js";
import type { RawRequest } from "../running.js";
import { toConnectError } from "./connect-error.js";
import { makeMessagesReadable } from "./readable-message.js";

const rawRequest = createContextKey<RawRequest | undefined>(undefined);

/** Routes of the operator's services: gRPC, gRPC-Web and Connect, each call behind the guard. */
export async function serveAdmin(scope: FastifyInstance, gateway: Gateway, api: AdminApi): Promise<void> {
  const answerErrors: Interceptor = (next) => async (request) => {
    try {
      const raw = request.contextValues.get(rawRequest);
      if (raw === undefined) throw new Error("a call without its request");
      api.guard(adminCallOf(raw, request.method));
      return await next(request);
    } catch (thrown) {
      if (thrown instanceof ConnectError) throw thrown;
      const error = ParlanceError.from(thrown);
      const id = gateway.newId();
      const path = `/${request.service.typeName}/${request.method.name}`;
      gateway.refused({ id, door: "admin", method: request.requestMethod, path, error });
      throw toConnectError(error, id);
    }
  };
  makeMessagesReadable(scope);
  await scope.register(fastifyConnectPlugin, {
    routes: (router) => {
      for (const { service, methods } of api.services) router.service(service, methods);
    },
    interceptors: [answerErrors],
    contextValues: (request) => createContextValues().set(rawRequest, request.raw),
    readMaxBytes: MAX_ADMIN_BYTES,
    acceptCompression: [],
  });
}
