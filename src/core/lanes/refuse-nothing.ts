import { type Completion, FinishReason, ParlanceError } from "../../sdk/index.js";

/**
 * Refuses an answer that neither says anything nor tells how it ended: some servers fail so with 200. One that ended with
 * nothing said is whole.
 */
export function refuseNothing(completion: Completion): Completion {
  const told = completion.choices.some(
    ({ message, finish }) =>
      (message?.parts.length ?? 0) > 0 || (finish?.reason ?? FinishReason.UNSPECIFIED) !== FinishReason.UNSPECIFIED,
  );
  if (!told) throw new ParlanceError("malformed_answer", "The provider's answer holds no answer.");
  return completion;
}
