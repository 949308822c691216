import { Role, ReasoningEffort, Modality, FinishReason } from "../../sdk/index.js";

/**
 * The words of the wire and what they stand for.
 * Source: https://platform.openai.com/docs/api-reference/chat/object
 * @module
 */

/** The dialect's name, and the key of its fields in `extensions`. */
export const DIALECT = "openai-chat";

/** `messages[].role`. `function` is the legacy word for tool. */
export const ROLES: Readonly<Record<string, Role>> = {
  system: Role.SYSTEM,
  developer: Role.DEVELOPER,
  user: Role.USER,
  assistant: Role.ASSISTANT,
  tool: Role.TOOL,
  function: Role.TOOL,
};

/** `reasoning_effort`. */
export const EFFORTS: Readonly<Record<string, ReasoningEffort>> = {
  none: ReasoningEffort.NONE,
  minimal: ReasoningEffort.MINIMAL,
  low: ReasoningEffort.LOW,
  medium: ReasoningEffort.MEDIUM,
  high: ReasoningEffort.HIGH,
  xhigh: ReasoningEffort.XHIGH,
  max: ReasoningEffort.MAX,
};

/** `modalities[]`. */
export const MODALITIES: Readonly<Record<string, Modality>> = {
  text: Modality.TEXT,
  image: Modality.IMAGE,
  audio: Modality.AUDIO,
};

/** `finish_reason`: the dialect's own words first, then those of servers that speak it with an accent. */
export const FINISHES: Readonly<Record<string, FinishReason>> = {
  stop: FinishReason.STOP,
  length: FinishReason.LENGTH,
  tool_calls: FinishReason.TOOL_CALLS,
  function_call: FinishReason.TOOL_CALLS,
  content_filter: FinishReason.CONTENT_FILTER,
  eos: FinishReason.STOP,
  eos_token: FinishReason.STOP,
  end_turn: FinishReason.STOP,
  complete: FinishReason.STOP,
  stop_sequence: FinishReason.STOP,
  // The integers are the enum of one vendor's own API, which leaks through its OpenAI-speaking layer.
  "1": FinishReason.STOP,
  model_length: FinishReason.LENGTH,
  max_tokens: FinishReason.LENGTH,
  "2": FinishReason.LENGTH,
  tool_call: FinishReason.TOOL_CALLS,
  tool_use: FinishReason.TOOL_CALLS,
  safety: FinishReason.CONTENT_FILTER,
  recitation: FinishReason.CONTENT_FILTER,
  blocklist: FinishReason.CONTENT_FILTER,
  prohibited_content: FinishReason.CONTENT_FILTER,
  spii: FinishReason.CONTENT_FILTER,
  image_safety: FinishReason.CONTENT_FILTER,
  error_toxic: FinishReason.CONTENT_FILTER,
  refusal: FinishReason.CONTENT_FILTER,
  "3": FinishReason.CONTENT_FILTER,
  "4": FinishReason.CONTENT_FILTER,
  error: FinishReason.ERROR,
};

/** The words that clients of the dialect know. */
export const OWN_FINISHES: ReadonlySet<string> = new Set([
  "stop",
  "length",
  "tool_calls",
  "function_call",
  "content_filter",
]);

/** The word of a table for a value; undefined when it has none. */
export function wordFor<V>(table: Readonly<Record<string, V>>, value: V): string | undefined {
  for (const word in table) if (table[word] === value) return word;
  return undefined;
}
