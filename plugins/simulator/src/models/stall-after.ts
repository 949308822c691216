import type { SimulatedModel } from "../behaviour.js";
import { loremTokens } from "./lorem.js";

/** `stall-after-<n>`: says n tokens, then falls silent until the caller gives up. */
export function stallAfterModel(tokens: number): SimulatedModel {
  return {
    answer: ({ random }) => ({
      pieces: [{ kind: "text", text: loremTokens(random, tokens + 1) }],
      accident: { afterTokens: tokens, how: "stall" },
    }),
    scripted: true,
  };
}
