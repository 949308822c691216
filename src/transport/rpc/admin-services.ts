import {
  ConnectError,
  createContextKey,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import type { FastifyInstance } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { ParlanceError } from "../../sdk/index.js";
import { type AdminApi, adminCallOf, MAX_ADMIN_BYTES } from "../admin-api.js";
import type { RawRequest } from "../running.js";
import { toConnectError } from "./connect-error.js";
import { makeMessagesReadable } from "./readable-message.js";

const rawRequest = createContextKey<RawRequest | undefined>(undefined);

type Called = Pick<UnaryRequest | StreamRequest, "service" | "method" | "requestMethod">;

/** Routes of the operator's services: gRPC, gRPC-Web and Connect, each call behind the guard. */
export async function serveAdmin(scope: FastifyInstance, gateway: Gateway, api: AdminApi): Promise<void> {
  const answerErrors: Interceptor = (next) => async (request) => {
    try {
      const raw = request.contextValues.get(rawRequest);
      if (raw === undefined) throw new Error("a call without its request");
      api.guard(adminCallOf(raw, request.method));
      const response = await next(request);
      return response.stream ? { ...response, message: tellingErrors(response.message, request) } : response;
    } catch (thrown) {
      throw told(thrown, request);
    }
  };
  async function* tellingErrors<T>(messages: AsyncIterable<T>, request: Called): AsyncGenerator<T> {
    try {
      yield* messages;
    } catch (thrown) {
      throw told(thrown, request);
    }
  }
  const told = (thrown: unknown, { service, method, requestMethod }: Called): ConnectError => {
    if (thrown instanceof ConnectError) return thrown;
    const error = ParlanceError.from(thrown);
    const id = gateway.newId();
    const path = `/${service.typeName}/${method.name}`;
    gateway.refused({ id, door: "admin", method: requestMethod, path, error });
    return toConnectError(error, id);
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
