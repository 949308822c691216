import type { SimulatedModel } from "../behaviour.js";

/** `refusal`: declines, whatever is asked. */
export const refusal: SimulatedModel = {
  answer: () => ({ pieces: [{ kind: "refusal", text: "I am sorry, but I cannot help with that." }] }),
  scripted: true,
};
