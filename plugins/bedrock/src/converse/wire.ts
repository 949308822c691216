import { FinishReason, ReasoningEffort } from "@parlance/sdk";

/** Name of the dialect. */
export const DIALECT = "bedrock-converse";

/**
 * Tool through which a schema is asked for where the model obeys none by itself. Decoders turn a call of it back into
 * the text of the answer, so that no caller ever sees it.
 */
export const ANSWER_TOOL = "parlance_json_answer";

/**
 * Text where the wire wants one and the caller gave none: a conversation that the assistant begins, a document alone.
 * One stop, since it is read by the model.
 */
export const FILLER = ".";

/** Least budget for thinking: https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
export const MIN_THINKING_BUDGET = 1024;

/** Words for the steps of effort, least first. */
export const EFFORT_WORDS: readonly (readonly [string, ReasoningEffort])[] = [
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
  ["xhigh", ReasoningEffort.XHIGH],
  ["max", ReasoningEffort.MAX],
];

/**
 * `stopReason` in the common words: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html.
 * Those that tell a failure of the model (`malformed_model_output`, `malformed_tool_use`) are errors and not here.
 */
export const FINISHES: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", FinishReason.STOP],
  ["stop_sequence", FinishReason.STOP],
  ["max_tokens", FinishReason.LENGTH],
  ["model_context_window_exceeded", FinishReason.LENGTH],
  ["tool_use", FinishReason.TOOL_CALLS],
  ["guardrail_intervened", FinishReason.CONTENT_FILTER],
  ["content_filtered", FinishReason.CONTENT_FILTER],
]);

/** Members of `usage` that repeat others. */
export const REPEATED_USAGE: ReadonlySet<string> = new Set([
  "totalTokens",
  "cacheReadInputTokenCount",
  "cacheWriteInputTokenCount",
]);
