import {
  type ChatRequest,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  type ModelTraits,
} from "../../sdk/index.js";

/**
 * Words that ask for the form of the answer, for models that take no such form beside tools
 * (https://ai.google.dev/gemini-api/docs/structured-output#structured_outputs_with_tools); undefined for any other.
 */
export function formatInWords(request: ChatRequest, traits: ModelTraits, losses: Losses): string | undefined {
  if (traits.toolsWithFormat !== false || request.tools.length === 0) return undefined;
  const kind = request.responseFormat?.kind;
  if (kind?.case !== "jsonSchema" && kind?.case !== "jsonObject") return undefined;
  losses.approximate(
    "response_format",
    "The target's model takes tools or a form of the answer, not both: the form is asked for in words.",
  );
  return kind.case === "jsonSchema"
    ? `Give your final answer as JSON that obeys this JSON schema, and nothing else:\n${JSON.stringify(kind.value.schema)}`
    : "Give your final answer as one JSON object and nothing else.";
}

/** `systemInstruction` with words at its end. */
export function withWords(system: JsonValue | undefined, text: string): JsonObject {
  const parts = isObject(system) && Array.isArray(system.parts) ? system.parts : [];
  return { parts: [...parts, { text }] };
}
