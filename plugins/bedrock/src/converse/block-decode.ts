import { create, isObject, type JsonObject, type JsonValue, type Part, PartSchema, textOf } from "@parlance/sdk";
import { decodeCitation, textsOf } from "./citations.js";
import { keep } from "./own.js";
import { ANSWER_TOOL, DIALECT } from "./wire.js";

/** A content block of an answer as a part: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
export function decodeBlock(block: JsonObject): Part {
  if (typeof block.text === "string") return textPart(block.text);
  if (isObject(block.toolUse) && isCallerTool(block.toolUse)) return callPart(block.toolUse);
  if (isObject(block.reasoningContent)) return reasoningPart(block.reasoningContent) ?? opaquePart(block);
  if (isObject(block.citationsContent)) return citedPart(block.citationsContent);
  if (isObject(block.image)) return imagePart(block.image) ?? opaquePart(block);
  return opaquePart(block);
}

/** Whether a call is for the caller to run, and not one that the provider has run itself. */
export function isCallerTool({ type }: JsonObject): boolean {
  return type === undefined || type === null || type === "tool_use";
}

/** Whether a call is the answer that was asked for through the hidden tool. */
export function isHiddenCall({ name }: JsonObject): boolean {
  return name === ANSWER_TOOL;
}

/** A piece that only this dialect has, whole as the wire has it. */
export function opaquePart(value: JsonObject): Part {
  // Wrapped and unwrapped, so that exact numbers become plain ones.
  const plain = keep(value)?.[DIALECT] as JsonObject | undefined;
  return create(PartSchema, { kind: { case: "opaque", value: { dialect: DIALECT, value: plain ?? {} } } });
}

function textPart(text: string): Part {
  return create(PartSchema, { kind: { case: "text", value: { text } } });
}

function callPart(call: JsonObject): Part {
  const { toolUseId, name, input, type: _, ...others } = call;
  const text = argumentsOf(input);
  if (isHiddenCall(call)) return textPart(text);
  const extensions = keep(others);
  return create(PartSchema, {
    kind: { case: "toolCall", value: { id: word(toolUseId), name: word(name), arguments: text } },
    ...(extensions && { extensions }),
  });
}

/** A tool without arguments has no input; some models write it as text. */
function argumentsOf(input: JsonValue | undefined): string {
  if (typeof input === "string") return input === "" ? "{}" : input;
  return input === undefined || input === null ? "{}" : textOf(input);
}

function reasoningPart({ reasoningText, redactedContent }: JsonObject): Part | undefined {
  if (typeof redactedContent === "string") {
    return create(PartSchema, {
      kind: { case: "reasoning", value: { text: "", encryptedContent: redactedContent, dialect: DIALECT } },
    });
  }
  if (!isObject(reasoningText)) return undefined;
  const { text, signature, ...others } = reasoningText;
  const extensions = keep(others);
  return create(PartSchema, {
    kind: {
      case: "reasoning",
      value: { text: word(text), dialect: DIALECT, ...(typeof signature === "string" && { signature }) },
    },
    ...(extensions && { extensions }),
  });
}

function citedPart({ content, citations, ...others }: JsonObject): Part {
  const extensions = keep(others);
  return create(PartSchema, {
    kind: {
      case: "text",
      value: {
        text: textsOf(content) ?? "",
        citations: Array.isArray(citations) ? citations.filter(isObject).map(decodeCitation) : [],
      },
    },
    ...(extensions && { extensions }),
  });
}

function imagePart({ format, source }: JsonObject): Part | undefined {
  if (typeof format !== "string" || !isObject(source) || typeof source.bytes !== "string") return undefined;
  return create(PartSchema, {
    kind: {
      case: "image",
      value: {
        source: { case: "data", value: new Uint8Array(Buffer.from(source.bytes, "base64")) },
        mediaType: `image/${format}`,
      },
    },
  });
}

function word(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
