import { create, type Finish, FinishReason, FinishSchema, type JsonValue } from "../../sdk/index.js";
import { FINISH_NUMBERS, FINISHES } from "./wire.js";

const { STOP, TOOL_CALLS, CONTENT_FILTER, UNSPECIFIED } = FinishReason;

/**
 * `finishReason` as a finish; a word that is not known keeps itself in `raw`. `calls`: whether the answer calls tools,
 * which the wire has no word for: it stops.
 */
export function decodeFinish(word: JsonValue | undefined, calls: boolean): Finish {
  const raw = typeof word === "number" ? (FINISH_NUMBERS[word] ?? String(word)) : typeof word === "string" ? word : "";
  const reason = FINISHES.get(raw) ?? UNSPECIFIED;
  return create(FinishSchema, { reason: calls && reason === STOP ? TOOL_CALLS : reason, raw });
}

/** The finish of a prompt that was blocked, for which the wire has no candidate. */
export function blockedFinish(reason: JsonValue | undefined): Finish {
  return create(FinishSchema, { reason: CONTENT_FILTER, raw: typeof reason === "string" ? reason : String(reason) });
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  [FinishReason.UNSPECIFIED]: "STOP",
  [FinishReason.STOP]: "STOP",
  [FinishReason.LENGTH]: "MAX_TOKENS",
  [FinishReason.TOOL_CALLS]: "STOP",
  [FinishReason.CONTENT_FILTER]: "SAFETY",
  [FinishReason.ERROR]: "OTHER",
  [FinishReason.PAUSE]: "STOP",
};

/** The `finishReason` of a finish. The provider's own word stays where it is one of the wire's. `own`: it came in this dialect. */
export function finishWord(finish: Finish | undefined, own: boolean): string {
  if (finish === undefined) return "STOP";
  const { raw, reason } = finish;
  if (raw !== "" && (own || FINISHES.get(raw) === reason)) return raw;
  return WORDS[reason];
}
