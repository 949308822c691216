import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../core/exchange.js";
import type { Gateway } from "../core/gateway.js";
import type { ChatFacade } from "../sdk/index.js";
import { callerHeaders } from "./caller-headers.js";
import { ChatSink } from "./chat-sink.js";
import { cancelWhenClientLeaves } from "./client-leaves.js";
import { ExplainSink } from "./explain-sink.js";
import type { KeepAlive } from "./keep-alive.js";
import { type Addressed, type RestBody, readRestBody } from "./rest-body.js";
import { readControls } from "./request-controls.js";
import type { StreamForm } from "./stream-form.js";
import type { ThroughOf } from "./through-door.js";

/**
 * The route of a dialect's completions. `throughOf`: for a door that never translates. `addressed`: what the path has
 * said already. `form`: how a stream is written, where not as server-sent events. Not async: the answer is written by the
 * exchange's sink.
 */
export function completeChat(
  gateway: Gateway,
  dialect: ChatFacade,
  door: string,
  keepAlive: KeepAlive,
  throughOf?: ThroughOf,
) {
  const answer = answerChat(gateway, door, keepAlive, throughOf);
  return (request: FastifyRequest, reply: FastifyReply, addressed?: Addressed, form?: StreamForm): void =>
    answer(dialect, readRestBody(request.body, addressed), request, reply, form);
}

/** Answers a body in a dialect, for a route that chooses the dialect by the body. */
export function answerChat(gateway: Gateway, door: string, keepAlive: KeepAlive, throughOf?: ThroughOf) {
  return (
    dialect: ChatFacade,
    body: RestBody,
    request: FastifyRequest,
    reply: FastifyReply,
    form?: StreamForm,
  ): void => {
    const through = throughOf?.(request);
    const echo = dialect.echo?.(body.bytes, body.members);
    const controls = readControls(request.raw, body);
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const explaining = controls.explains
      ? new ExplainSink(raw, dialect, controls.caller, id, gateway.configVersion())
      : undefined;
    const sink = new ChatSink(
      raw,
      dialect,
      {
        requestId: id,
        model: body.model,
        created: Math.floor(gateway.clock.wall() / 1000),
        includeUsage: body.stream && dialect.asksForUsage(body.bytes, body.members),
        legacyFunctions: body.members.byName.has("functions"),
        ...(echo !== undefined && { echo }),
        request: () => exchange.chat(),
      },
      () => exchange,
      gateway.configVersion(),
      keepAlive,
      form,
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
      ...controls,
      sink: explaining ?? sink,
      explain: explaining?.explain,
      clock: gateway.clock,
      through,
    });
    cancelWhenClientLeaves(raw, exchange, controls.patienceMs);
    void gateway.handle(exchange);
  };
}
