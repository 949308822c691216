import type { FastifyInstance } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { embeddings as embeddingsDialect } from "../../dialects/embeddings/index.js";
import { openaiChat } from "../../dialects/openai-chat/index.js";
import type { ErrorDialect } from "../../sdk/index.js";
import { refuse } from "../refuse.js";
import { chatCompletions } from "./chat-completions.js";
import { embeddings } from "./embeddings.js";
import { getModel, listModels } from "./models.js";

const DOOR = "openai";

/** The dialect in which errors are told where no door is known, as it is the one that most clients read. */
export const errorDialect: ErrorDialect = openaiChat;

/** The door for anything that is written for OpenAI: a Fastify scope of its own, with its own errors. */
export function openAiDoor(gateway: Gateway) {
  return async (scope: FastifyInstance): Promise<void> => {
    // Bodies stay bytes: the dialect decides how much of them is read.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.setErrorHandler(refuse(gateway, DOOR, openaiChat));
    scope.post("/v1/chat/completions", chatCompletions(gateway, openaiChat, DOOR));
    scope.post("/v1/embeddings", embeddings(gateway, embeddingsDialect, DOOR));
    scope.get("/v1/models", listModels(gateway));
    scope.get("/v1/models/*", getModel(gateway));
  };
}
