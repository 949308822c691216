import type { WholeAnswer } from "../core/answer.js";
import type { Exchange } from "../core/exchange.js";
import { isFilled } from "../core/lanes/content.js";
import { type Finish, FinishReason, ParlanceError } from "../sdk/index.js";

/**
 * The error of an answer that the provider's filter has declined before it began, where the route has others to ask for
 * it. Without them an empty answer is an answer. `answer`: one that is not streamed; undefined means that no content came.
 */
export function declined(
  { policy }: Exchange,
  finish: Finish | undefined,
  answer: WholeAnswer | undefined,
): ParlanceError | undefined {
  if (finish?.reason !== FinishReason.CONTENT_FILTER || policy === undefined) return undefined;
  if (policy.contentFallbacks().length === 0 || (answer !== undefined && holdsContent(answer))) return undefined;
  return new ParlanceError("content_filtered", "The provider's filter declined to answer.");
}

function holdsContent(answer: WholeAnswer): boolean {
  const value = answer.value();
  if (value.kind !== "completion") return true;
  return value.completion.choices.some(({ message }) => message?.parts.some(isFilled) === true);
}
