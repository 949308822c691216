import { type JsonObject, Losses, type Message, type Part } from "../../sdk/index.js";
import { isBeyondWire, writeBeyondWire } from "./beyond-wire.js";
import { addAnnotations, encodeAudio } from "./message-encode.js";
import { formOf, restore } from "./own.js";
import { encodeContentPart } from "./part-encode.js";
import { encodeFunctionCall, encodeToolCall, isLegacyCall } from "./tool-calls.js";

/** The `message` of an answered choice. What the wire cannot say goes into its member `parlance`. */
export function encodeAnswerMessage(message: Message, legacyFunctions: boolean): JsonObject {
  const out: JsonObject = { role: "assistant" };
  const form = formOf(message);
  const content: Part[] = [];
  const calls: JsonObject[] = [];
  let reasoning = "";
  let refusal: string | undefined;
  for (const part of message.parts) {
    const { kind } = part;
    if (kind.case === "toolCall") {
      if (isLegacyCall(part) || legacyFunctions) out.function_call = encodeFunctionCall(part, kind.value);
      else calls.push(encodeToolCall(part, kind.value));
    } else if (kind.case === "reasoning" && formOf(part).thinking === undefined) reasoning += kind.value.text;
    else if (kind.case === "audio") out.audio = encodeAudio(part);
    else if (kind.case === "refusal" && (form.content !== "array" || formOf(part).member === "refusal")) {
      refusal = (refusal ?? "") + kind.value.text;
    } else if (!isBeyondWire(part)) content.push(part);
  }
  if (form.content === "array") {
    const unheard = new Losses();
    out.content = content.flatMap((part) => encodeContentPart(part, "", unheard) ?? NOTHING);
  } else if (content.length > 0) {
    // Citations cut a text into many parts; without a separator they are the text again.
    out.content = content.map((part) => (part.kind.case === "text" ? part.kind.value.text : "")).join("");
  } else if (form.content !== "none") out.content = form.content === "" ? "" : null;
  if (reasoning !== "") out[form.reasoning === "reasoning" ? "reasoning" : "reasoning_content"] = reasoning;
  if (refusal !== undefined) out.refusal = refusal;
  if (calls.length > 0) out.tool_calls = calls;
  addAnnotations(out, message.parts, "", undefined);
  const beyond = writeBeyondWire(message.parts);
  if (beyond !== undefined) out.parlance = beyond;
  return restore(out, message);
}

const NOTHING: JsonObject[] = [];
