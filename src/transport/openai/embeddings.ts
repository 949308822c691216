import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import { type EmbeddingDialect, readMember } from "../../sdk/index.js";
import { cancelWhenClientLeaves } from "../client-leaves.js";
import { EmbeddingSink } from "../embedding-sink.js";
import { readRestBody } from "../rest-body.js";
import { ExplainSink } from "../explain-sink.js";
import { readControls } from "../request-controls.js";
import type { ThroughOf } from "../through-door.js";

/** `POST /v1/embeddings`. Not async: the answer is written by the exchange's sink. `throughOf` as for chats. */
export function embeddings(gateway: Gateway, dialect: EmbeddingDialect, door: string, throughOf?: ThroughOf) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const through = throughOf?.(request);
    const body = readRestBody(request.body);
    const base64 = readMember(body.bytes, body.members, "encoding_format") === "base64";
    const controls = readControls(request.raw, body);
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const version = gateway.configVersion();
    const explaining = controls.explains ? new ExplainSink(raw, dialect, controls.caller, id, version) : undefined;
    const sink = explaining ?? new EmbeddingSink(raw, dialect, { model: body.model, base64 }, () => exchange, version);
    const exchange: Exchange = new Exchange({
      id,
      door,
      ask: { operation: "embed", wire: { dialect, body: body.bytes, members: body.members }, embedding: undefined },
      model: body.model,
      stream: false,
      ...controls,
      sink,
      explain: explaining?.explain,
      clock: gateway.clock,
      through,
    });
    cancelWhenClientLeaves(raw, exchange, controls.patienceMs);
    void gateway.handle(exchange);
  };
}
