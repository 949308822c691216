import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import type { ChatDialect, EmbeddingDialect } from "../../sdk/index.js";
import { ParlanceError } from "../../sdk/index.js";
import { headersOf } from "../headers-of.js";
import { fromHttpFault } from "../http-fault.js";
import { writeError } from "../rest-error.js";
import { chatCompletions } from "./chat-completions.js";
import { embeddings } from "./embeddings.js";
import { getModel, listModels } from "./models.js";

const DOOR = "openai";

/** The door for anything that is written for OpenAI: a Fastify scope of its own, with its own errors. */
export function openAiDoor(gateway: Gateway, dialects: { chat: ChatDialect; embeddings: EmbeddingDialect }) {
  return async (scope: FastifyInstance): Promise<void> => {
    // Bodies stay bytes: the dialect decides how much of them is read.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((thrown: Error, _request: FastifyRequest, reply: FastifyReply) => {
      const error = ParlanceError.is(thrown) ? thrown : fromHttpFault(thrown);
      reply.hijack();
      writeError(reply.raw, dialects.chat, error, { ...headersOf(reply), "x-request-id": gateway.newId() });
    });
    scope.post("/v1/chat/completions", chatCompletions(gateway, dialects.chat, DOOR));
    scope.post("/v1/embeddings", embeddings(gateway, dialects.embeddings, DOOR));
    scope.get("/v1/models", listModels(gateway));
    scope.get("/v1/models/*", getModel(gateway));
  };
}
