import {
  invalid,
  type JsonObject,
  type JsonValue,
  type Losses,
  type Part,
  RawJson,
  type ToolCallPart,
  ToolKind,
} from "../../sdk/index.js";
import { encodeCacheControl } from "./cache-control.js";
import { encodeOwnCitation } from "./citations.js";
import { encodeFile, encodeImage } from "./media-encode.js";
import { formOf, restore, tellForeign } from "./own.js";
import { isBareText } from "./part-decode.js";
import { toolId } from "./tool-id.js";
import { toolInput } from "./tool-input.js";
import { DIALECT } from "./wire.js";

/**
 * A part of a request as a content block; undefined when there is nothing that the wire could say, which is told as a
 * loss unless nothing was said. `path`: the part, in the words of the vocabulary.
 */
export function encodePart(part: Part, path: string, losses: Losses): JsonObject | undefined {
  tellForeign(part, path, losses);
  const block = encodeKind(part, path, losses);
  if (block === undefined) return undefined;
  if (part.cache !== undefined) {
    if (part.kind.case === "opaque") block.cache_control ??= encodeCacheControl(part.cache, path, losses);
    else if (part.kind.case === "reasoning")
      losses.drop(`${path}.cache`, "The target takes no breakpoint on reasoning.");
    else block.cache_control = encodeCacheControl(part.cache, path, losses);
  }
  return part.kind.case === "opaque" ? block : restore(block, part);
}

function encodeKind(part: Part, path: string, losses: Losses): JsonObject | undefined {
  const { kind } = part;
  switch (kind.case) {
    case "text": {
      // "text content blocks must be non-empty"
      if (kind.value.text === "" && formOf(part).empty !== true) return undefined;
      const block: JsonObject = { type: "text", text: kind.value.text };
      const citations = kind.value.citations.flatMap(
        (citation, index) => encodeOwnCitation(citation, `${path}.text.citations[${index}]`, losses) ?? [],
      );
      if (citations.length > 0) block.citations = citations;
      return block;
    }
    case "image":
      return encodeImage(kind.value, part, `${path}.image`, losses);
    case "file":
      return encodeFile(kind.value, part, `${path}.file`, losses);
    case "toolCall":
      return encodeToolCall(kind.value, `${path}.tool_call`, losses);
    case "toolResult": {
      const { toolCallId, content, isError } = kind.value;
      const block: JsonObject = { type: "tool_result", tool_use_id: toolId(toolCallId) };
      block.content = encodeContent(content, formOf(part).content, `${path}.tool_result.content`, losses);
      if (isError !== undefined) block.is_error = isError;
      return block;
    }
    case "reasoning": {
      const { text, signature, encryptedContent, dialect } = kind.value;
      if (dialect !== DIALECT) {
        losses.drop(path, "The target takes back only reasoning that it has signed itself.");
        return undefined;
      }
      if (encryptedContent !== undefined) return { type: "redacted_thinking", data: encryptedContent };
      return { type: "thinking", thinking: text, ...(signature !== undefined && { signature }) };
    }
    case "refusal":
      if (kind.value.text === "") return undefined;
      losses.approximate(path, "The target knows no refusals in a conversation: sent as text.");
      return { type: "text", text: kind.value.text };
    case "opaque": {
      const { dialect, value = {} } = kind.value;
      if (dialect === DIALECT) return writeOpaque(part, value);
      losses.drop(path, `Only the dialect ${dialect} has this piece, and the target speaks ${DIALECT}.`);
      return undefined;
    }
    case "audio":
      losses.drop(path, "The target takes no sound.");
      return undefined;
    default:
      return undefined;
  }
}

/** A block of this dialect as it was, with the exact numbers of its input. */
export function writeOpaque(part: Part, value: JsonObject): JsonObject {
  const exact = formOf(part).input;
  if (typeof exact !== "string") return { ...value };
  return { ...value, input: new RawJson(exact) as unknown as JsonValue };
}

function encodeToolCall(call: ToolCallPart, path: string, losses: Losses): JsonObject {
  const id = toolId(call.id);
  if (call.kind === ToolKind.CUSTOM) {
    losses.approximate(path, "The target calls tools with JSON only: the text is sent as the member `input`.");
    return { type: "tool_use", id, name: call.name, input: { input: call.arguments } };
  }
  const input = toolInput(call.arguments);
  if (input === undefined) throw invalid(`${path}.arguments`, `${path}.arguments must be a JSON object.`);
  return { type: "tool_use", id, name: call.name, input };
}

/** The member `content`: one text alone as a string, everything else as blocks. `form`: what was noted of it. */
export function encodeContent(
  parts: readonly Part[],
  form: JsonValue | undefined,
  path: string,
  losses: Losses,
): JsonValue {
  if (parts.length === 0) return form === "" || form === null ? form : [];
  const [only] = parts;
  if (parts.length === 1 && only?.kind.case === "text" && form !== "blocks" && isBareText(only))
    return only.kind.value.text;
  return parts.flatMap((part, index) => encodePart(part, `${path}[${index}]`, losses) ?? []);
}
