import {
  invalid,
  isObject,
  type JsonObject,
  type Losses,
  type ModelTraits,
  ownFields,
  type Part,
  type ReasoningPart,
  type ToolCallPart,
  ToolKind,
} from "@parlance/sdk";
import { encodeCitation } from "./citations.js";
import { isPlan } from "./plan.js";
import type { Placed } from "./parts-encode.js";
import { DIALECT } from "./wire.js";

/**
 * A message of the model; undefined where nothing is left of it. Thoughts are content, and the plan of a turn that calls
 * tools has a place of its own: https://docs.cohere.com/reference/chat#request.body.messages.assistant
 */
export function encodeAssistant(parts: readonly Placed[], traits: ModelTraits, losses: Losses): JsonObject | undefined {
  const content: JsonObject[] = [];
  const plan: string[] = [];
  const calls: JsonObject[] = [];
  const citations: JsonObject[] = [];
  const hasCalls = parts.some(([{ kind }]) => kind.case === "toolCall");
  for (const [part, path] of parts) {
    const { kind } = part;
    if (kind.case === "text") {
      if (kind.value.text === "") continue;
      kind.value.citations.forEach((citation, index) => {
        const written = encodeCitation(citation, content.length);
        if (written !== undefined) citations.push(written);
        else losses.drop(`${path}.text.citations[${index}]`, "The target takes citations of its own answers only.");
      });
      content.push({ type: "text", text: kind.value.text });
    } else if (kind.case === "refusal") {
      losses.approximate(path, "The target knows no refusals in a conversation: sent as text.");
      if (kind.value.text !== "") content.push({ type: "text", text: kind.value.text });
    } else if (kind.case === "reasoning") {
      const place = placeOf(part, kind.value, hasCalls, traits);
      if (place === "plan") plan.push(kind.value.text);
      else if (place === "thinking") content.push({ type: "thinking", thinking: kind.value.text });
      else losses.drop(path, place);
    } else if (kind.case === "toolCall") {
      calls.push(encodeCall(kind.value, ownFields(part, DIALECT), `${path}.tool_call`, losses));
    } else if (kind.case === "opaque" && kind.value.dialect === DIALECT) {
      content.push({ ...kind.value.value });
    } else losses.drop(path, "The target takes words, thoughts and calls of the model only.");
  }
  if (content.length === 0 && plan.length === 0 && calls.length === 0) return undefined;
  const [only] = content;
  return {
    role: "assistant",
    ...(content.length > 0 && {
      content: content.length === 1 && only?.type === "text" ? (only.text ?? "") : content,
    }),
    ...(plan.length > 0 && { tool_plan: plan.join("") }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(citations.length > 0 && { citations }),
  };
}

/** Where reasoning goes, or in a sentence why it cannot be sent. */
function placeOf(
  part: Part,
  { text, signature, encryptedContent, dialect }: ReasoningPart,
  hasCalls: boolean,
  traits: ModelTraits,
): string {
  // What is sealed only its maker can read, and this wire seals nothing.
  if (signature !== undefined || encryptedContent !== undefined) {
    return "Another provider has sealed this reasoning: the target could not check it.";
  }
  if (text === "") return "There is no reasoning to be read.";
  if (isPlan(part) && hasCalls) return "plan";
  if (dialect === DIALECT || traits.reasoning !== "none") return "thinking";
  return hasCalls ? "plan" : "The target's model does not reason.";
}

function encodeCall(call: ToolCallPart, kept: JsonObject, path: string, losses: Losses): JsonObject {
  const { function: inner, ...fields } = kept;
  return {
    ...fields,
    id: call.id,
    type: "function",
    function: { ...(isObject(inner) ? inner : {}), name: call.name, arguments: argumentsOf(call, path, losses) },
  };
}

/** The text of a JSON object. */
function argumentsOf(call: ToolCallPart, path: string, losses: Losses): string {
  if (call.kind === ToolKind.CUSTOM) {
    losses.approximate(path, "The target calls tools with JSON only: the text is sent as the member `input`.");
    return JSON.stringify({ input: call.arguments });
  }
  if (call.arguments.trim() === "") return "{}";
  let value: unknown;
  try {
    value = JSON.parse(call.arguments);
  } catch {
    // Told below, as any other text that is no object.
  }
  if (!isObject(value)) throw invalid(`${path}.arguments`, `${path}.arguments must be a JSON object.`);
  return call.arguments;
}
