import { FinishReason } from "../../sdk/index.js";

/** Name of the dialect. */
export const DIALECT = "gemini";

/** Front of ids that were made for calls which came without one. The wire never sees them. */
export const MADE_ID = "gemini_call_";

/**
 * Stands for a signature where the conversation came from another model, which the wire takes instead of refusing the
 * call: https://ai.google.dev/gemini-api/docs/thought-signatures (FAQ).
 */
export const FOREIGN_SIGNATURE = "skip_thought_signature_validator";

/** Stop sequences that a request may have: https://ai.google.dev/api/generate-content#generationconfig */
export const MAX_STOP_SEQUENCES = 5;

const { STOP, LENGTH, CONTENT_FILTER, ERROR } = FinishReason;

/**
 * `finishReason` in the common words: https://ai.google.dev/api/generate-content#FinishReason. That tools are called is
 * never said here; the content tells.
 */
export const FINISHES: ReadonlyMap<string, FinishReason> = new Map([
  ["STOP", STOP],
  ["MAX_TOKENS", LENGTH],
  ["SAFETY", CONTENT_FILTER],
  ["RECITATION", CONTENT_FILTER],
  ["BLOCKLIST", CONTENT_FILTER],
  ["PROHIBITED_CONTENT", CONTENT_FILTER],
  ["SPII", CONTENT_FILTER],
  ["MODEL_ARMOR", CONTENT_FILTER],
  ["IMAGE_SAFETY", CONTENT_FILTER],
  ["IMAGE_PROHIBITED_CONTENT", CONTENT_FILTER],
  ["IMAGE_RECITATION", CONTENT_FILTER],
  ["LANGUAGE", ERROR],
  ["OTHER", ERROR],
  ["MALFORMED_FUNCTION_CALL", ERROR],
  ["UNEXPECTED_TOOL_CALL", ERROR],
  ["TOO_MANY_TOOL_CALLS", ERROR],
  ["MISSING_THOUGHT_SIGNATURE", ERROR],
  ["MALFORMED_RESPONSE", ERROR],
  ["NO_IMAGE", ERROR],
  ["IMAGE_OTHER", ERROR],
]);

/** The words by their numbers, which come where the caller has asked for `enum-encoding=int`. */
export const FINISH_NUMBERS: readonly string[] = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
  "LANGUAGE",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "IMAGE_SAFETY",
  "UNEXPECTED_TOOL_CALL",
];
