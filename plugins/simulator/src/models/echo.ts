import type { SimulatedModel } from "../behaviour.js";
import { lastUserText } from "../conversation.js";

/** `echo`: says the last words of the user. */
export const echo: SimulatedModel = {
  answer: ({ request }) => ({
    pieces: [{ kind: "text", text: lastUserText(request) || "There was no text to echo." }],
  }),
};
