import { create, type Message, toJson } from "@bufbuild/protobuf";
import { createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { type ErrorDialect, ParlanceError } from "../../sdk/index.js";
import { type AdminApi, adminCallOf, MAX_ADMIN_BYTES } from "../admin-api.js";
import { idHeaders } from "../answer-headers.js";
import { tellNothing } from "../nothing.js";
import { prepareScope } from "../prepare-scope.js";
import { readRestRequest } from "./rest-request.js";
import { type RestRoute, restRoutes } from "./rest-route.js";

const DOOR = "admin";

type Call = (request: Message, context: HandlerContext) => unknown;

/**
 * The operator's API in REST: the JSON form of the same messages (https://protobuf.dev/programming-guides/json/), errors in
 * the dialect of `errors`.
 */
export function adminDoor(gateway: Gateway, api: AdminApi, errors: ErrorDialect) {
  const routes = api.services.flatMap(restRoutes);
  const find = ({ method, url }: FastifyRequest): { route: RestRoute; fields: Record<string, string> } | undefined => {
    const path = url.split("?", 1)[0] ?? "";
    for (const route of routes) {
      const fields = route.verb === method ? route.match(path) : undefined;
      if (fields !== undefined) return { route, fields };
    }
    return undefined;
  };
  return async (scope: FastifyInstance): Promise<void> => {
    prepareScope(scope, gateway, DOOR, errors);
    // Before the body is read: who may not call is told so at once.
    scope.addHook("onRequest", (request, reply, done) => {
      const found = find(request);
      try {
        if (found !== undefined) api.guard(adminCallOf(request.raw, found.route.method));
        done();
      } catch (thrown) {
        // RFC 9110 §11.6.1.
        if (ParlanceError.is(thrown) && thrown.code === "unauthenticated")
          reply.raw.setHeader("www-authenticate", "Bearer");
        done(thrown as Error);
      }
    });
    scope.route({
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      url: "/admin/v1/*",
      bodyLimit: MAX_ADMIN_BYTES,
      handler: async (request, reply) => {
        const found = find(request);
        if (found === undefined) return tellNothing(request);
        const message = readRestRequest(found.route.method, found.fields, request);
        return answer(gateway, found.route, message, request, reply);
      },
    });
  };
}

async function answer(
  gateway: Gateway,
  { service, method }: RestRoute,
  message: Message,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const context = createHandlerContext({
    service: service.service,
    method,
    protocolName: "rest",
    requestMethod: request.method,
    url: `http://${request.host}${request.url}`,
  });
  const call = service.methods[method.localName] as Call | undefined;
  const answered = await call?.(message, context);
  const body = toJson(method.output, create(method.output, answered as Record<string, unknown>));
  return reply.headers(idHeaders(gateway.newId())).type("application/json; charset=utf-8").send(JSON.stringify(body));
}
