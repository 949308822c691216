import {
  isObject,
  type JsonObject,
  type JsonValue,
  parseExact,
  type Part,
  type ToolCallPart,
  ToolKind,
} from "../../sdk/index.js";
import { writeCitation } from "./citations.js";
import { formOf, restore } from "./own.js";
import { writeOpaque } from "./part-encode.js";
import { toolInput } from "./tool-input.js";
import { DIALECT } from "./wire.js";
import { seal } from "../sealed-part.js";

/**
 * A part of an answer as a content block; undefined for what the wire cannot say: empty texts, pictures, files, pieces
 * of other dialects, and reasoning of which nothing can be read. Reasoning that another dialect's provider has signed
 * goes out under the gateway's seal, since its own would pass for one of this dialect. Sound is told by its transcript.
 */
export function encodeAnswerBlock(part: Part): JsonObject | undefined {
  const { kind } = part;
  switch (kind.case) {
    case "text": {
      if (kind.value.text === "" && formOf(part).empty !== true) return undefined;
      const block: JsonObject = { type: "text", text: kind.value.text };
      if (kind.value.citations.length > 0) block.citations = kind.value.citations.map(writeCitation);
      return restore(block, part);
    }
    case "refusal":
      return kind.value.text === "" ? undefined : { type: "text", text: kind.value.text };
    case "audio":
      return kind.value.transcript ? { type: "text", text: kind.value.transcript } : undefined;
    case "reasoning": {
      const { text, encryptedContent, signature, dialect } = kind.value;
      if (dialect !== DIALECT) {
        const signed = sealOf(part);
        return text === "" && signed === "" ? undefined : { type: "thinking", thinking: text, signature: signed };
      }
      if (encryptedContent !== undefined) return restore({ type: "redacted_thinking", data: encryptedContent }, part);
      return restore({ type: "thinking", thinking: text, ...(signature !== undefined && { signature }) }, part);
    }
    case "toolCall":
      return restore(
        { type: "tool_use", id: kind.value.id, name: kind.value.name, input: answerInput(kind.value) },
        part,
      );
    case "opaque":
      return kind.value.dialect === DIALECT ? writeOpaque(part, kind.value.value ?? {}) : undefined;
    default:
      return undefined;
  }
}

/**
 * What stands for the signature of reasoning that another dialect's provider has sealed: the part itself, so that it
 * finds its way back to its maker. Empty for reasoning without a seal. The words are in the block.
 */
export function sealOf(part: Part): string {
  if (part.kind.case !== "reasoning") return "";
  const { signature, encryptedContent } = part.kind.value;
  if (signature === undefined && encryptedContent === undefined) return "";
  return seal({ ...part, kind: { case: "reasoning", value: { ...part.kind.value, text: "" } } });
}

/** Arguments that are no JSON object (free text, or cut off by a limit) are told as the member `input`. */
export function answerInput({ kind, arguments: args }: ToolCallPart): JsonValue {
  if (kind === ToolKind.CUSTOM) return { input: args };
  return toolInput(args) ?? { input: args };
}

/** Reads the streamed input of a tool that the provider runs; text that is no JSON is kept as text. */
export function parsedInput(text: string): { value: JsonValue; exact: string | undefined } {
  if (text.trim() === "") return { value: {}, exact: undefined };
  try {
    const value = JSON.parse(text) as JsonValue;
    const { input } = parseExact(`{"input":${text}}`, new Set(["input"])) as { input: JsonValue };
    // Kept as raw text by the parser means that a plain value would bend it.
    const bends = !isObject(input) || Object.getPrototypeOf(input) !== Object.prototype;
    return { value, exact: bends && isObject(value) ? text : undefined };
  } catch {
    return { value: text, exact: undefined };
  }
}
