import { ReasoningEffort, Role } from "../../sdk/index.js";

/**
 * The words of the wire and what they stand for.
 * Source: https://platform.openai.com/docs/api-reference/responses/create
 * @module
 */

/** The dialect's name, and the key of its fields in `extensions`. */
export const DIALECT = "openai-responses";

/** `role` of a message item. */
export const ROLES: Readonly<Record<string, Role>> = {
  system: Role.SYSTEM,
  developer: Role.DEVELOPER,
  user: Role.USER,
  assistant: Role.ASSISTANT,
};

/** `reasoning.effort`. */
export const EFFORTS: Readonly<Record<string, ReasoningEffort>> = {
  none: ReasoningEffort.NONE,
  minimal: ReasoningEffort.MINIMAL,
  low: ReasoningEffort.LOW,
  medium: ReasoningEffort.MEDIUM,
  high: ReasoningEffort.HIGH,
  xhigh: ReasoningEffort.XHIGH,
  max: ReasoningEffort.MAX,
};

/** The word of a table for a value; undefined when it has none. */
export function wordFor<V>(table: Readonly<Record<string, V>>, value: V): string | undefined {
  for (const word in table) if (table[word] === value) return word;
  return undefined;
}

/** The entry of `include` that asks for log probabilities. */
export const INCLUDE_LOGPROBS = "message.output_text.logprobs";

/** The entry of `include` that asks for sealed reasoning. */
export const INCLUDE_SEALS = "reasoning.encrypted_content";

/** Stands between the pieces of a reasoning item where the vocabulary has one text. */
export const PIECE_BREAK = "\n\n";
