import { Readable } from "node:stream";
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
import { type RestMethod, type RestRoute, restRoutes } from "./rest-route.js";

const DOOR = "admin";

/** Gives a promise of an answer, or a stream of them. */
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
  const leaving = new AbortController();
  reply.raw.once("close", () => leaving.abort());
  const context = createHandlerContext({
    service: service.service,
    method,
    protocolName: "rest",
    requestMethod: request.method,
    url: `http://${request.host}${request.url}`,
    requestSignal: leaving.signal,
  });
  const call = service.methods[method.localName] as Call | undefined;
  const answered = call?.(message, context);
  reply.headers(idHeaders(gateway.newId()));
  if (method.methodKind === "server_streaming") {
    const lines = await linesOf(method, answered as AsyncIterable<Record<string, unknown>>, leaving);
    return reply.type("application/x-ndjson; charset=utf-8").send(Readable.from(lines));
  }
  const body = toJson(method.output, create(method.output, (await answered) as Record<string, unknown>));
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(body));
}

/**
 * The messages of a stream, each a line of JSON; an error after the first ends it with a line `{"error":{...}}`. Rejects with
 * what goes wrong before there is a message.
 */
async function linesOf(
  { output }: RestMethod,
  messages: AsyncIterable<Record<string, unknown>>,
  leaving: AbortController,
): Promise<AsyncIterable<string>> {
  const running = messages[Symbol.asyncIterator]();
  const first = await running.next();
  return (async function* (): AsyncGenerator<string> {
    try {
      for (let next = first; next.done !== true; next = await running.next()) {
        yield `${JSON.stringify(toJson(output, create(output, next.value)))}\n`;
      }
    } catch (thrown) {
      const { code, message } = ParlanceError.from(thrown);
      yield `${JSON.stringify({ error: { message, type: code, param: null, code } })}\n`;
    } finally {
      leaving.abort();
    }
  })();
}
