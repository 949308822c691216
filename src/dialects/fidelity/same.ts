import type { JsonValue } from "../../sdk/index.js";
import type { Leaf } from "./leaves.js";

/**
 * What counts as the same: the one place that says which differences between what was asked and what was sent mean
 * nothing.
 * @module
 */

/** The gateway's own, which no provider sees, and what the target alone decides. */
const NOT_FOR_TARGETS =
  /^(?:model|strict|routing\..*|.*\.maker|part\.reasoning\.dialect|(?:part|tools\[\])\.opaque\.dialect)$/;

/** Values that say what silence says. */
const SAID_BY_SILENCE: Readonly<Record<string, readonly JsonValue[]>> = {
  n: [1],
  parallel_tool_calls: [true],
  logprobs: [false],
  top_logprobs: [0],
  frequency_penalty: [0],
  presence_penalty: [0],
  store: [false],
  service_tier: ["auto", "default"],
  "output_modalities[]": ["MODALITY_TEXT"],
  "tool_choice.mode": ["TOOL_CHOICE_MODE_AUTO"],
  "response_format.text": [{}],
  reasoning: [{}],
  "reasoning.adaptive": [false],
  "reasoning.visible": [false],
  "tools[].function.strict": [false],
  // Providers whose wires do not say it obey every schema.
  "response_format.json_schema.strict": [false, true],
  "part.tool_result.is_error": [false],
  "part.tool_call.kind": ["TOOL_KIND_FUNCTION"],
  "part.image.detail": ["auto"],
  "part.text": [{}],
  "usage.cache_read_tokens": [0],
  "usage.cache_write_tokens": [0],
  "usage.reasoning_tokens": [0],
  "usage.input_audio_tokens": [0],
  "usage.output_audio_tokens": [0],
};

/** Labels that some wires must have and others do not know: nothing depends on them. */
const LABELS: ReadonlySet<string> = new Set([
  "response_format.json_schema.name",
  // The id of the call tells.
  "part.tool_result.name",
  // Which of the words for the same ending a provider used.
  "choices[].finish.raw",
]);

/** Whether a member says nothing that a target could lose. */
export function saysNothing({ pattern, value }: Leaf): boolean {
  if (NOT_FOR_TARGETS.test(pattern) || LABELS.has(pattern)) return true;
  return SAID_BY_SILENCE[pattern]?.some((silent) => textOf(silent) === textOf(value)) === true;
}

/** A member as it is compared: roles that are one to other wires are one, and so are pictures that came as files. */
export function canonical({ pattern, value }: Leaf): readonly [pattern: string, text: string] {
  if (pattern === "messages[].role" || pattern === "choices[].message.role") {
    return [pattern, value === "ROLE_DEVELOPER" ? "ROLE_SYSTEM" : value === "ROLE_TOOL" ? "ROLE_USER" : String(value)];
  }
  if (pattern === "service_tier") return [pattern, TIERS[String(value)] ?? String(value)];
  if (pattern === "part.file.text") return ["part.data", Buffer.from(String(value)).toString("base64")];
  const medium = /^part\.(?:image|audio|file)\.(data|media_type)$/.exec(pattern);
  if (medium !== null) return [`part.${medium[1]}`, String(value)];
  if (pattern === "part.tool_call.arguments") return [pattern, argumentsOf(String(value))];
  return [pattern, textOf(value)];
}

const TIERS: Readonly<Record<string, string>> = { standard_only: "default", standard: "default" };

/** Members that others imply: the first is said where one of the second arrived. */
export const IMPLIED: readonly (readonly [said: string, by: string])[] = [
  // A model that reasons by effort chooses itself how much.
  ["reasoning.adaptive", "reasoning.effort"],
  ["reasoning.adaptive", "reasoning.budget_tokens"],
  ["tools[].function.strict", "tool_choice.extensions.gemini.mode"],
  // A call that is forced obeys its schema.
  ["tools[].function.strict", "tool_choice.mode"],
  // Tools that may not be called are not sent where the wire has no other way to say it.
  ["tool_choice.allowed[]", "tools[].function.name"],
];

/** Words may be joined with their neighbours. */
export const JOINED: ReadonlySet<string> = new Set(["part.text.text", "part.refusal.text", "part.reasoning.text"]);

/** The text of a value, by which two are equal whatever the order of their members. */
export function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name] as JsonValue)]),
  );
}

function argumentsOf(text: string): string {
  try {
    return textOf(JSON.parse(text === "" ? "{}" : text) as JsonValue);
  } catch {
    return text;
  }
}
