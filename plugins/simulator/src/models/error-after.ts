import type { SimulatedModel } from "../behaviour.js";
import { loremTokens } from "./lorem.js";

/** `error-after-<n>`: says n tokens, then fails with `provider_error`. */
export function errorAfterModel(tokens: number): SimulatedModel {
  return {
    answer: ({ random }) => ({
      pieces: [{ kind: "text", text: loremTokens(random, tokens + 1) }],
      accident: { afterTokens: tokens, how: "error" },
    }),
    scripted: true,
  };
}
