import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { openaiCompletions } from "../../dialects/openai-completions/index.js";
import { plainChat } from "../../dialects/plain-chat/index.js";
import { invalid } from "../../sdk/index.js";
import { answerChat } from "../complete-chat.js";
import type { KeepAlive } from "../keep-alive.js";
import { readRestBody } from "../rest-body.js";

/** `POST /v1/completions`, one path for two shapes: OpenAI's legacy completions of a `prompt`, the plain one of `messages`. */
export function completions(gateway: Gateway, door: string, keepAlive: KeepAlive) {
  const answer = answerChat(gateway, door, keepAlive);
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const body = readRestBody(request.body);
    const names = body.members.byName;
    if (!names.has("messages") && !names.has("prompt")) {
      throw invalid("prompt", "prompt is required, or messages for the gateway's plain shape.");
    }
    answer(names.has("prompt") ? openaiCompletions : plainChat, body, request, reply);
  };
}

/** `POST /v1/completions/stream`: the plain shape as a stream, whether the body asks for one or not. */
export function streamCompletions(gateway: Gateway, door: string, keepAlive: KeepAlive) {
  const answer = answerChat(gateway, door, keepAlive);
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const body = readRestBody(request.body);
    if (body.members.byName.has("prompt")) {
      throw invalid("prompt", 'A prompt is streamed at /v1/completions with "stream": true; here messages are.');
    }
    answer(plainChat, { ...body, stream: true }, request, reply);
  };
}
