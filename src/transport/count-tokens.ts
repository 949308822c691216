import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../core/exchange.js";
import type { Gateway } from "../core/gateway.js";
import type { ChatDialect } from "../sdk/index.js";
import { callerHeaders } from "./caller-headers.js";
import { cancelWhenClientLeaves } from "./client-leaves.js";
import { type Addressed, readRestBody } from "./rest-body.js";
import { CountSink } from "./count-sink.js";
import { asksStrict } from "./ask-strict.js";

/**
 * The route of a dialect's counts of tokens: the provider's own count, or an estimate. `addressed`: what the path has
 * said already. Not async: the answer is written by the sink.
 */
export function countTokens(gateway: Gateway, dialect: ChatDialect, door: string) {
  return (request: FastifyRequest, reply: FastifyReply, addressed?: Addressed): void => {
    const body = readRestBody(request.body, addressed);
    const strict = body.strict || asksStrict((name) => request.headers[name]);
    reply.hijack();
    const { raw } = reply;
    const sink = new CountSink(raw, dialect, () => exchange, gateway.configVersion());
    const headers = callerHeaders(request.headers, dialect);
    const exchange = new Exchange({
      id: gateway.newId(),
      door,
      ask: {
        operation: "count_tokens",
        wire: { dialect, body: body.bytes, members: body.members, headers },
        chat: undefined,
      },
      model: body.model,
      stream: false,
      strict,
      routing: body.routing,
      sink,
      clock: gateway.clock,
    });
    cancelWhenClientLeaves(raw, exchange);
    void gateway.handle(exchange);
  };
}
