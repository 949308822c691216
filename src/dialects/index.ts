/**
 * The dialects of the house; `@parlance/sdk/dialects` for a plugin that builds on one of them.
 * @module
 */
import type { ChatDialect, EmbeddingDialect } from "../sdk/index.js";
import { anthropicMessages, anthropicTraits } from "./anthropic-messages/index.js";
import { embeddings } from "./embeddings/index.js";
import { gemini, geminiTraits, geminiWishes } from "./gemini-generate/index.js";
import { openaiChat } from "./openai-chat/index.js";
import { openaiCompletions } from "./openai-completions/index.js";
import { openaiResponses } from "./openai-responses/index.js";

export {
  anthropicMessages,
  anthropicTraits,
  embeddings,
  gemini,
  geminiTraits,
  geminiWishes,
  openaiChat,
  openaiCompletions,
  openaiResponses,
};

/** Every dialect for chat, by name. */
export const chatDialects: ReadonlyMap<string, ChatDialect> = byName([
  openaiChat,
  openaiCompletions,
  openaiResponses,
  anthropicMessages,
  gemini,
]);

/** Those that requests of other dialects are translated to; legacy completions only pass as they came. */
export const translatedDialects: readonly ChatDialect[] = [openaiChat, openaiResponses, anthropicMessages, gemini];

/** Every dialect for embeddings, by name. */
export const embeddingDialects: ReadonlyMap<string, EmbeddingDialect> = byName([embeddings]);

function byName<D extends { readonly name: string }>(dialects: readonly D[]): ReadonlyMap<string, D> {
  return new Map(dialects.map((dialect) => [dialect.name, dialect]));
}
