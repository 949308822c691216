import { create, type Finish, FinishReason, FinishSchema, type JsonValue } from "../../sdk/index.js";
import { FINISHES } from "./wire.js";

const WORDS: Readonly<Record<FinishReason, string>> = {
  [FinishReason.UNSPECIFIED]: "end_turn",
  [FinishReason.STOP]: "end_turn",
  [FinishReason.LENGTH]: "max_tokens",
  [FinishReason.TOOL_CALLS]: "tool_use",
  [FinishReason.CONTENT_FILTER]: "refusal",
  // The wire tells a failure as an error, never as a reason to stop.
  [FinishReason.ERROR]: "end_turn",
  [FinishReason.PAUSE]: "pause_turn",
};

/**
 * `stop_reason` and `stop_sequence` as a finish; a word that is not known keeps itself in `raw`.
 * `answered`: the answer came through the hidden tool, and so what stopped it was its end.
 */
export function decodeFinish(word: JsonValue | undefined, sequence: JsonValue | undefined, answered = false): Finish {
  const raw = typeof word === "string" ? word : "";
  const reason = FINISHES.get(raw) ?? FinishReason.UNSPECIFIED;
  return create(FinishSchema, {
    reason: answered && reason === FinishReason.TOOL_CALLS ? FinishReason.STOP : reason,
    raw,
    ...(typeof sequence === "string" && { stopSequence: sequence }),
  });
}

/**
 * The `stop_reason` of a finish. The provider's own word stays where it is one of the wire's and means the same.
 * `calls`: whether the answer calls tools, which some providers tell with another finish.
 */
export function finishWord(finish: Finish | undefined, calls: boolean, own: boolean): string {
  if (finish === undefined) return calls ? "tool_use" : "end_turn";
  const { raw, reason, stopSequence } = finish;
  if (own && raw !== "" && reason === (FINISHES.get(raw) ?? FinishReason.UNSPECIFIED)) return raw;
  if (FINISHES.get(raw) === reason && raw !== "stop_sequence") return raw;
  if (calls && (reason === FinishReason.STOP || reason === FinishReason.UNSPECIFIED)) return "tool_use";
  if (reason === FinishReason.STOP && stopSequence !== undefined) return "stop_sequence";
  return WORDS[reason];
}
