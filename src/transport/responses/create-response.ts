import type { FastifyReply, FastifyRequest } from "fastify";
import { Exchange } from "../../core/exchange.js";
import type { Gateway } from "../../core/gateway.js";
import { openaiResponses } from "../../dialects/openai-responses/index.js";
import { ChatSink } from "../chat-sink.js";
import { ExplainSink } from "../explain-sink.js";
import { cancelWhenClientLeaves } from "../client-leaves.js";
import type { KeepAlive } from "../keep-alive.js";
import { keepAnswer } from "./keep-answer.js";
import type { KeptResponses } from "./kept-responses.js";
import { openRequest } from "./open-request.js";
import { repeated, withOwnIds } from "./own-ids.js";

/** `POST /v1/responses`: https://platform.openai.com/docs/api-reference/responses/create. The sink writes the answer. */
export function createResponse(gateway: Gateway, door: string, keepAlive: KeepAlive, responses: KeptResponses) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { body, controls, asked, wire, heldBy } = await openRequest(request, responses);
    reply.hijack();
    const { raw } = reply;
    const id = gateway.newId();
    const explaining = controls.explains
      ? new ExplainSink(raw, openaiResponses, controls.caller, id, gateway.configVersion())
      : undefined;
    const sink = new ChatSink(
      raw,
      withOwnIds(openaiResponses, responseId(id)),
      {
        requestId: id,
        model: body.model,
        created: Math.floor(gateway.clock.wall() / 1000),
        includeUsage: true,
        legacyFunctions: false,
        request: () => repeated(exchange.chat(), openaiResponses, asked.previous),
      },
      () => exchange,
      gateway.configVersion(),
      keepAlive,
    );
    if (asked.store) {
      const input = (): string => {
        const member = body.members.byName.get("input");
        return member === undefined ? "[]" : body.bytes.toString("utf8", member.start, member.end);
      };
      sink.onWritten = keepAnswer({ responses, asked, input, stream: body.stream, exchange: () => exchange });
    }
    const exchange: Exchange = new Exchange({
      id,
      door,
      ask: { operation: "complete", wire, chat: undefined },
      model: body.model,
      stream: body.stream,
      ...controls,
      sink: explaining ?? sink,
      explain: explaining?.explain,
      clock: gateway.clock,
      heldBy,
    });
    cancelWhenClientLeaves(raw, exchange, controls.patienceMs);
    void gateway.handle(exchange);
  };
}

/** Of the same digits as the ids of the answer's items, so that an item leads to its answer. */
function responseId(requestId: string): string {
  return `resp_${requestId.replace(/[^a-zA-Z0-9]/g, "").slice(-32)}`;
}
