import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import { openaiChat } from "../../src/dialects/openai-chat/index.js";
import { type ChatRequest, type JsonObject, Losses } from "../../src/sdk/index.js";

/**
 * What a dialect's request becomes in another, for tests of a dialect, which sees no other itself.
 * @module
 */

const target = (losses: Losses) => ({ model: "m", stream: false, traits: { maxOutputTokens: 9 }, losses });

/** The request in `openai-chat`. */
export function asChat(request: ChatRequest, losses = new Losses()): JsonObject {
  return JSON.parse(openaiChat.encodeRequest(request, target(losses))) as JsonObject;
}

/** A request that came in `openai-chat`. */
export function fromChat(body: JsonObject): ChatRequest {
  return openaiChat.decodeRequest(JSON.stringify(body));
}

/** The request in `anthropic-messages`. */
export function asMessages(request: ChatRequest, losses = new Losses()): JsonObject {
  return JSON.parse(anthropicMessages.encodeRequest(request, target(losses))) as JsonObject;
}
