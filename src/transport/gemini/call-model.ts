import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../core/gateway.js";
import { gemini, JsonArrayStream } from "../../dialects/gemini-generate/index.js";
import { ParlanceError } from "../../sdk/index.js";
import { completeChat } from "../complete-chat.js";
import { countTokens } from "../count-tokens.js";
import type { KeepAlive } from "../keep-alive.js";
import { tellNothing } from "../nothing.js";
import { readQuery } from "./query.js";
import { modelNamed } from "./resource-name.js";

/**
 * `POST models/{model}:{method}`: everything that a model can be asked for, as the wire has one path for each. A name may
 * hold slashes and colons, encoded or not. https://ai.google.dev/api/generate-content, https://ai.google.dev/api/tokens
 */
export function callModel(gateway: Gateway, door: string, keepAlive: KeepAlive) {
  const complete = completeChat(gateway, gemini, door, keepAlive);
  const count = countTokens(gateway, gemini, door);
  return (request: FastifyRequest, reply: FastifyReply): void | Promise<never> => {
    const path = (request.params as { "*": string })["*"];
    const end = path.lastIndexOf(":");
    const model = modelNamed(path.slice(0, Math.max(end, 0)));
    const { sse } = readQuery(request.query as Record<string, unknown>);
    switch (path.slice(end + 1)) {
      case "generateContent":
        return complete(request, reply, { model, stream: false });
      case "streamGenerateContent":
        return complete(request, reply, { model, stream: true }, sse ? undefined : new JsonArrayStream());
      case "countTokens":
        return count(request, reply, { model, stream: false });
      case "embedContent":
      case "batchEmbedContents":
        throw new ParlanceError("unsupported", "Embeddings are made at POST /v1/embeddings, in OpenAI's words.", {
          field: "method",
        });
      default:
        return tellNothing(request);
    }
  };
}
