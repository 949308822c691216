import type { FastifyInstance } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { embeddings as embeddingsDialect } from "../../dialects/embeddings/index.js";
import { openaiChat } from "../../dialects/openai-chat/index.js";
import type { ErrorDialect } from "../../sdk/index.js";
import { completeChat } from "../complete-chat.js";
import type { KeepAlive } from "../keep-alive.js";
import { prepareScope } from "../prepare-scope.js";
import { refuseOverload } from "../refuse-overload.js";
import { completions, streamCompletions } from "./completions.js";
import { embeddings } from "./embeddings.js";
import { getHealth, listProviders } from "./providers.js";
import { getModel, listModels } from "./models.js";

const DOOR = "openai";

/** The dialect in which errors are told where no door is known, as it is the one that most clients read. */
export const errorDialect: ErrorDialect = openaiChat;

/** The door for anything that is written for OpenAI: a Fastify scope of its own, with its own errors. */
export function openAiDoor(gateway: Gateway, keepAlive: KeepAlive) {
  return async (scope: FastifyInstance): Promise<void> => {
    prepareScope(scope, gateway, DOOR, openaiChat);
    refuseOverload(scope, gateway);
    scope.post("/v1/chat/completions", completeChat(gateway, openaiChat, DOOR, keepAlive));
    scope.post("/v1/completions", completions(gateway, DOOR, keepAlive));
    scope.post("/v1/completions/stream", streamCompletions(gateway, DOOR, keepAlive));
    scope.post("/v1/embeddings", embeddings(gateway, embeddingsDialect, DOOR));
    scope.get("/v1/models", listModels(gateway));
    scope.get("/v1/models/*", getModel(gateway));
    for (const path of ["/v1/providers", "/providers"]) {
      scope.get(path, listProviders(gateway));
      scope.get(`${path}/:id/health`, getHealth(gateway));
    }
  };
}
