import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import { openaiResponses } from "../../dialects/openai-responses/index.js";
import { cancelWhenClientLeaves } from "../client-leaves.js";
import { CountSink } from "../count-sink.js";
import { ExplainSink } from "../explain-sink.js";
import type { KeptResponses } from "./kept-responses.js";
import { openRequest } from "./open-request.js";

/**
 * `POST /v1/responses/input_tokens`: the provider's own count, or an estimate
 * (https://platform.openai.com/docs/api-reference/responses/input-tokens).
 */
export function countInput(gateway: Gateway, door: string, responses: KeptResponses) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { body, controls, wire, heldBy } = await openRequest(request, responses);
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const version = gateway.configVersion();
    const explaining = controls.explains
      ? new ExplainSink(raw, openaiResponses, controls.caller, id, version)
      : undefined;
    const sink = explaining ?? new CountSink(raw, openaiResponses, () => exchange, version);
    const exchange: Exchange = new Exchange({
      id,
      door,
      ask: { operation: "count_tokens", wire, chat: undefined },
      model: body.model,
      stream: false,
      ...controls,
      sink,
      explain: explaining?.explain,
      clock: gateway.clock,
      heldBy,
    });
    cancelWhenClientLeaves(raw, exchange, controls.patienceMs);
    void gateway.handle(exchange);
  };
}
