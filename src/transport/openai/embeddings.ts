import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import { type EmbeddingDialect, readMember } from "../../sdk/index.js";
import { cancelWhenClientLeaves } from "../client-leaves.js";
import { EmbeddingSink } from "../embedding-sink.js";
import { readRestBody } from "../rest-body.js";
import { asksStrict } from "../ask-strict.js";
import type { ThroughOf } from "../through-door.js";

/** `POST /v1/embeddings`. Not async: the answer is written by the exchange's sink. `throughOf` as for chats. */
export function embeddings(gateway: Gateway, dialect: EmbeddingDialect, door: string, throughOf?: ThroughOf) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const through = throughOf?.(request);
    const body = readRestBody(request.body);
    const base64 = readMember(body.bytes, body.members, "encoding_format") === "base64";
    const strict = body.strict || asksStrict((name) => request.headers[name]);
    reply.hijack();
    const sink = new EmbeddingSink(
      reply.raw,
      dialect,
      { model: body.model, base64 },
      () => exchange,
      gateway.configVersion(),
    );
    const exchange = new Exchange({
      id: gateway.newId(),
      door,
      ask: { operation: "embed", wire: { dialect, body: body.bytes, members: body.members }, embedding: undefined },
      model: body.model,
      stream: false,
      strict,
      routing: body.routing,
      sink,
      clock: gateway.clock,
      through,
    });
    cancelWhenClientLeaves(reply.raw, exchange);
    void gateway.handle(exchange);
  };
}
