import { create, type Finish, FinishReason, FinishSchema, type JsonValue } from "../../sdk/index.js";
import { FINISHES, OWN_FINISHES } from "./wire.js";

/** How a choice ended, from `finish_reason`. A word that nobody knows is told as it is, with reason unspecified. */
export function decodeFinish(value: JsonValue, stopSequence: string | undefined): Finish {
  const raw = String(value);
  return create(FinishSchema, {
    reason: FINISHES[raw] ?? FINISHES[raw.toLowerCase()] ?? FinishReason.UNSPECIFIED,
    raw,
    ...(stopSequence !== undefined && { stopSequence }),
  });
}

/** The dialect's word for how a choice ended. Clients know five words; any other would break them. */
export function finishWord(finish: Finish | undefined, legacyCall = false): string {
  const { reason = FinishReason.UNSPECIFIED, raw = "" } = finish ?? {};
  if (OWN_FINISHES.has(raw) && FINISHES[raw] === reason) return raw;
  switch (reason) {
    case FinishReason.LENGTH:
      return "length";
    case FinishReason.TOOL_CALLS:
      return legacyCall ? "function_call" : "tool_calls";
    case FinishReason.CONTENT_FILTER:
      return "content_filter";
    default:
      return "stop";
  }
}

/** The provider's own word where the dialect's word is another: it goes out as `native_finish_reason`. */
export function nativeWord(finish: Finish | undefined, word: string): string | undefined {
  return finish === undefined || finish.raw === "" || finish.raw === word ? undefined : finish.raw;
}
