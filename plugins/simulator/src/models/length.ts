import type { SimulatedModel } from "../behaviour.js";
import { loremTokens } from "./lorem.js";

/** Tokens of `length` where the request sets no limit. */
const DEFAULT_TOKENS = 16;
/** Most tokens of one answer: an absurd limit must not fill the memory. */
export const MOST_TOKENS = 100_000;

/** `length`: would talk for ever, and is always stopped by the limit of tokens. */
export const length: SimulatedModel = {
  answer: ({ request, random }) => {
    const maxTokens = Math.min(request.maxOutputTokens ?? DEFAULT_TOKENS, MOST_TOKENS);
    // One token more than may be said, so that the limit is what ends it.
    return { pieces: [{ kind: "text", text: loremTokens(random, maxTokens + 1) }], maxTokens };
  },
  scripted: true,
};
