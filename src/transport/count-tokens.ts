import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../core/exchange.js";
import type { Gateway } from "../core/gateway.js";
import type { ChatDialect } from "../sdk/index.js";
import { callerHeaders } from "./caller-headers.js";
import { cancelWhenClientLeaves } from "./client-leaves.js";
import { type Addressed, readRestBody } from "./rest-body.js";
import { CountSink } from "./count-sink.js";
import { ExplainSink } from "./explain-sink.js";
import { readControls } from "./request-controls.js";

/**
 * The route of a dialect's counts of tokens: the provider's own count, or an estimate. `addressed`: what the path has
 * said already. Not async: the answer is written by the sink.
 */
export function countTokens(gateway: Gateway, dialect: ChatDialect, door: string) {
  return (request: FastifyRequest, reply: FastifyReply, addressed?: Addressed): void => {
    const body = readRestBody(request.body, addressed);
    const controls = readControls(request.raw, body);
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const explaining = controls.explains
      ? new ExplainSink(raw, dialect, controls.caller, id, gateway.configVersion())
      : undefined;
    const sink = explaining ?? new CountSink(raw, dialect, () => exchange, gateway.configVersion());
    const headers = callerHeaders(request.headers, dialect);
    const exchange: Exchange = new Exchange({
      id,
      door,
      ask: {
        operation: "count_tokens",
        wire: { dialect, body: body.bytes, members: body.members, headers },
        chat: undefined,
      },
      model: body.model,
      stream: false,
      ...controls,
      sink,
      explain: explaining?.explain,
      clock: gateway.clock,
    });
    cancelWhenClientLeaves(raw, exchange, controls.patienceMs);
    void gateway.handle(exchange);
  };
}
