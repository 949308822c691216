import type { SimulatedModel } from "../behaviour.js";
import { loremTokens } from "./lorem.js";

/** `cut-after-<n>`: says n tokens, then ends without a finish, as a connection that is lost. */
export function cutAfterModel(tokens: number): SimulatedModel {
  return {
    answer: ({ random }) => ({
      pieces: [{ kind: "text", text: loremTokens(random, tokens + 1) }],
      accident: { afterTokens: tokens, how: "cut" },
    }),
    scripted: true,
  };
}
