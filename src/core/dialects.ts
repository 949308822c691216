import type { ChatDialect, EmbeddingDialect } from "../sdk/index.js";

/** The dialects of the house, by name; handed in by the composition root. */
export interface Dialects {
  readonly chat: ReadonlyMap<string, ChatDialect>;
  readonly embeddings: ReadonlyMap<string, EmbeddingDialect>;
}
