import { create, isObject, type JsonObject, type JsonValue, type Part, PartSchema } from "../../sdk/index.js";
import { isString } from "./checks.js";
import { formOf } from "./own.js";
import { EXTRA_CONTENT } from "./part-encode.js";
import { DIALECT } from "./wire.js";

/**
 * Tells the seal of each call a second time, in the field in which clients of `openai-chat` know it from Google's own
 * servers and give it back: https://ai.google.dev/gemini-api/docs/thought-signatures#openai
 */
export function withSeals(parts: readonly Part[], before?: Part): Part[] {
  return parts.map((part, index) => {
    const seal = sealOf(parts[index - 1] ?? before);
    if (part.kind.case !== "toolCall" || seal === undefined) return part;
    const extra: JsonObject = { [EXTRA_CONTENT]: { google: { thought_signature: seal } } };
    return { ...part, extensions: { ...part.extensions, "openai-chat": extra } };
  });
}

function sealOf(part: Part | undefined): string | undefined {
  if (part?.kind.case !== "reasoning" || formOf(part).seal !== "next") return undefined;
  return part.kind.value.signature;
}

/** Whether a prompt was blocked: the answer has no candidates, and says why. */
export function blockReason(body: JsonObject): JsonValue | undefined {
  const { promptFeedback: feedback, candidates } = body;
  if (!isObject(feedback) || (Array.isArray(candidates) && candidates.length > 0)) return undefined;
  return feedback.blockReason ?? undefined;
}

/** What a caller is told of a prompt that was blocked. The wire has no place for it, and needs none. */
export function blockedPart(feedback: JsonValue | undefined): Part {
  const { blockReason: reason, blockReasonMessage: words } = isObject(feedback) ? feedback : {};
  const text = isString(words) && words !== "" ? words : `The provider blocked the prompt: ${String(reason)}.`;
  return create(PartSchema, {
    kind: { case: "refusal", value: { text } },
    extensions: { [DIALECT]: { $form: { made: true } } },
  });
}
