import { create, type Finish, FinishReason, FinishSchema, type JsonValue } from "@parlance/sdk";

const { STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER, ERROR, UNSPECIFIED } = FinishReason;

/** `finish_reason` in the common words: https://docs.cohere.com/reference/chat#response.body.finish_reason */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["COMPLETE", STOP],
  ["STOP_SEQUENCE", STOP],
  ["MAX_TOKENS", LENGTH],
  ["ERROR_LIMIT", LENGTH],
  ["TOOL_CALL", TOOL_CALLS],
  ["ERROR_TOXIC", CONTENT_FILTER],
  ["ERROR", ERROR],
  ["TIMEOUT", ERROR],
]);

/** How an answer ended; a word that is not known keeps itself in `raw`. */
export function decodeFinish(word: JsonValue | undefined): Finish {
  const raw = typeof word === "string" ? word : "";
  return create(FinishSchema, { reason: REASONS.get(raw.toUpperCase()) ?? UNSPECIFIED, raw });
}
