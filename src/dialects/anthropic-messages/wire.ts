import { FinishReason, ReasoningEffort } from "../../sdk/index.js";

/** Name of the dialect. */
export const DIALECT = "anthropic-messages";

/**
 * Tool through which a schema is asked for where the model obeys none by itself. Decoders turn a call of it back into
 * the text of the answer, so that no caller ever sees it.
 */
export const ANSWER_TOOL = "parlance_json_answer";

/** Sent as `max_tokens`, which the wire requires, when neither the caller nor the target's traits name a limit. */
export const DEFAULT_MAX_TOKENS = 8192;

/** Breakpoints of the prompt cache in one request: https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
export const MAX_CACHE_HINTS = 4;

/** Least budget for thinking: https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
export const MIN_THINKING_BUDGET = 1024;

/** Words of `output_config.effort`: https://platform.claude.com/docs/en/build-with-claude/effort */
export const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
  ["xhigh", ReasoningEffort.XHIGH],
  ["max", ReasoningEffort.MAX],
]);

/** `stop_reason` in the common words: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
export const FINISHES: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", FinishReason.STOP],
  ["stop_sequence", FinishReason.STOP],
  ["max_tokens", FinishReason.LENGTH],
  ["model_context_window_exceeded", FinishReason.LENGTH],
  ["tool_use", FinishReason.TOOL_CALLS],
  ["refusal", FinishReason.CONTENT_FILTER],
  ["pause_turn", FinishReason.PAUSE],
]);
