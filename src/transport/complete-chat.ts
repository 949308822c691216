import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../core/exchange.js";
import type { Gateway } from "../core/gateway.js";
import type { ChatDialect } from "../sdk/index.js";
import { callerHeaders } from "./caller-headers.js";
import { ChatSink } from "./chat-sink.js";
import { cancelWhenClientLeaves } from "./client-leaves.js";
import type { KeepAlive } from "./keep-alive.js";
import { readRestBody } from "./rest-body.js";
import { asksStrict } from "./ask-strict.js";

/** The route of a dialect's completions. Not async: the answer is written by the exchange's sink. */
export function completeChat(gateway: Gateway, dialect: ChatDialect, door: string, keepAlive: KeepAlive) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const body = readRestBody(request.body);
    const strict = body.strict || asksStrict((name) => request.headers[name]);
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const sink = new ChatSink(
      raw,
      dialect,
      {
        requestId: id,
        model: body.model,
        created: Math.floor(gateway.clock.wall() / 1000),
        includeUsage: body.stream && dialect.asksForUsage(body.bytes, body.members),
        legacyFunctions: body.members.byName.has("functions"),
        request: () => exchange.chat(),
      },
      () => exchange,
      gateway.configVersion(),
      keepAlive,
    );
    const headers = callerHeaders(request.headers, dialect);
    const exchange = new Exchange({
      id,
      door,
      ask: {
        operation: "complete",
        wire: { dialect, body: body.bytes, members: body.members, headers },
        chat: undefined,
      },
      model: body.model,
      stream: body.stream,
      strict,
      sink,
      clock: gateway.clock,
    });
    cancelWhenClientLeaves(raw, exchange);
    void gateway.handle(exchange);
  };
}
