import {
  invalid,
  type JsonObject,
  type Losses,
  type Part,
  type ToolCallPart,
  ToolKind,
  type ToolResultPart,
} from "@parlance/sdk";
import { cachePoint } from "./cache-point.js";
import { encodeCitations } from "./citations.js";
import type { DocumentNames } from "./document-name.js";
import { exactInput } from "./exact-input.js";
import type { Family } from "./family.js";
import { encodeAudio, encodeFile, encodeImage } from "./media-encode.js";
import { restore, tellForeign } from "./own.js";
import { toolId } from "./tool-id.js";
import { DIALECT } from "./wire.js";

/** What the encoders of one request share. */
export interface PartContext {
  readonly family: Family;
  readonly names: DocumentNames;
  readonly losses: Losses;
}

/**
 * A part as content blocks: the block and the end of what is to be cached after it; none where there is nothing that the
 * wire could say, which is told as a loss unless nothing was said. `path`: the part, in the words of the vocabulary.
 */
export function encodePart(part: Part, path: string, context: PartContext): JsonObject[] {
  const { family, losses } = context;
  tellForeign(part, path, losses);
  const block = encodeKind(part, path, context);
  if (part.kind.case === "reasoning") {
    if (part.cache !== undefined) losses.drop(`${path}.cache`, "The target takes no end of a cache after reasoning.");
    return block === undefined ? [] : [block];
  }
  const point = cachePoint(part.cache, family, path, losses);
  if (block === undefined) return point === undefined ? [] : [point];
  return point === undefined ? [block] : [block, point];
}

function encodeKind(part: Part, path: string, context: PartContext): JsonObject | undefined {
  const { kind } = part;
  const { losses } = context;
  switch (kind.case) {
    case "text": {
      const { text, citations } = kind.value;
      const cited = encodeCitations(text, citations, `${path}.text`, losses);
      return cited === undefined ? encodeText(text, path, losses) : within("citationsContent", cited, part);
    }
    case "image":
      return within("image", encodeImage(kind.value, part, `${path}.image`, losses), part);
    case "file": {
      const block = encodeFile(kind.value, part, `${path}.file`, context.names, losses);
      return within(Object.keys(block)[0] as string, block, part);
    }
    case "audio":
      return within("audio", encodeAudio(kind.value, `${path}.audio`, losses), part);
    case "toolCall":
      return within("toolUse", { toolUse: encodeToolCall(kind.value, `${path}.tool_call`, context) }, part);
    case "toolResult":
      return within("toolResult", { toolResult: encodeToolResult(kind.value, `${path}.tool_result`, context) }, part);
    case "reasoning": {
      const { text, signature, encryptedContent, dialect } = kind.value;
      if (dialect !== DIALECT || (signature === undefined && encryptedContent === undefined)) {
        losses.drop(path, "The target takes back only reasoning that it has signed itself.");
        return undefined;
      }
      if (encryptedContent !== undefined) return { reasoningContent: { redactedContent: encryptedContent } };
      return { reasoningContent: { reasoningText: restore({ text, signature: signature as string }, part) } };
    }
    case "refusal":
      if (kind.value.text === "") return undefined;
      losses.approximate(path, "The target knows no refusals in a conversation: sent as text.");
      return encodeText(kind.value.text, path, losses);
    case "opaque": {
      const { dialect, value = {} } = kind.value;
      if (dialect === DIALECT) return { ...value };
      losses.drop(path, `Only the dialect ${dialect} has this piece, and the target speaks ${DIALECT}.`);
      return undefined;
    }
    default:
      return undefined;
  }
}

/** "The text field in the ContentBlock object is blank": white space alone is refused too. */
function encodeText(text: string, path: string, losses: Losses): JsonObject | undefined {
  if (text.trim() !== "") return { text };
  if (text !== "") losses.drop(path, "The target takes no text of white space alone.");
  return undefined;
}

/** What was kept of the part lies in the member that is the block's kind. */
function within(name: string, block: JsonObject, part: Part): JsonObject {
  const inner = block[name];
  return { ...block, [name]: restore(inner as JsonObject, part) };
}

function encodeToolCall(call: ToolCallPart, path: string, { family, losses }: PartContext): JsonObject {
  const toolUseId = toolId(call.id, family);
  if (call.kind === ToolKind.CUSTOM) {
    losses.approximate(path, "The target calls tools with JSON only: the text is sent as the member `input`.");
    return { toolUseId, name: call.name, input: { input: call.arguments } };
  }
  const input = exactInput(call.arguments);
  if (input === undefined) throw invalid(`${path}.arguments`, `${path}.arguments must be a JSON object.`);
  return { toolUseId, name: call.name, input };
}

const RESULT_KINDS: ReadonlySet<string> = new Set(["text", "json", "image", "document", "video", "searchResult"]);

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html */
function encodeToolResult(result: ToolResultPart, path: string, context: PartContext): JsonObject {
  const { family, losses } = context;
  const content = result.content.flatMap((part, index) => {
    const at = `${path}.content[${index}]`;
    if (part.cache !== undefined) losses.drop(`${at}.cache`, "The target caches whole results only.");
    const { cache: _, ...bare } = part;
    const [block] = encodePart(bare, at, context);
    if (block === undefined) return [];
    if (RESULT_KINDS.has(Object.keys(block)[0] as string)) return [block];
    losses.drop(at, "The target takes no such piece in the result of a tool.");
    return [];
  });
  return {
    toolUseId: toolId(result.toolCallId, family),
    content,
    ...(result.isError !== undefined && { status: result.isError ? "error" : "success" }),
  };
}
