import type { Ask } from "../../src/core/exchange.js";
import { openaiChat } from "../../src/dialects/openai-chat/index.js";
import { type ChatRequest, ChatRequestSchema, create, type MessageInitShape, Role, skim } from "../../src/sdk/index.js";

/** A chat that came in the vocabulary. */
export function chatAsk({
  text = "Hi",
  ...more
}: { readonly text?: string } & MessageInitShape<typeof ChatRequestSchema>): {
  operation: "complete";
  wire: undefined;
  chat: ChatRequest;
} {
  const part = { kind: { case: "text" as const, value: { text } } };
  return {
    operation: "complete",
    wire: undefined,
    chat: create(ChatRequestSchema, { model: "smart", messages: [{ role: Role.USER, parts: [part] }], ...more }),
  };
}

/** A chat as the bytes of OpenAI's dialect. */
export function wireAsk(body: object): Extract<Ask, { operation: "complete" }> {
  const bytes = Buffer.from(JSON.stringify({ model: "smart", messages: [{ role: "user", content: "Hi" }], ...body }));
  return {
    operation: "complete",
    wire: { dialect: openaiChat, body: bytes, members: skim(bytes) },
    chat: undefined,
  };
}
