import type { ChatRequest, Part, ResponseFormat, Tool } from "@parlance/sdk";
import { countTokens } from "./tokens.js";

/** Tokens that every message takes beside its parts, and that the answer's beginning takes. */
export const TOKENS_PER_MESSAGE = 4;
/** Tokens of a picture, whatever its size. */
export const TOKENS_PER_IMAGE = 85;
/** Bytes of sound or of a document that make one token. */
export const BYTES_PER_TOKEN = 4;

/** Tokens of a prompt: messages, tools and response format, with the answer's beginning. */
export function promptTokens(request: ChatRequest): number {
  let total = TOKENS_PER_MESSAGE;
  for (const message of request.messages) {
    total += TOKENS_PER_MESSAGE + countTokens(message.name ?? "");
    for (const part of message.parts) total += partTokens(part);
  }
  for (const tool of request.tools) total += toolTokens(tool);
  return total + formatTokens(request.responseFormat);
}

function partTokens({ kind }: Part): number {
  switch (kind.case) {
    case "text":
    case "refusal":
    case "reasoning":
      return countTokens(kind.value.text);
    case "toolCall":
      return countTokens(kind.value.name) + countTokens(kind.value.arguments);
    case "toolResult":
      return kind.value.content.reduce((sum, part) => sum + partTokens(part), 0);
    case "image":
      return TOKENS_PER_IMAGE;
    case "audio":
      return countTokens(kind.value.transcript ?? "") + sizeTokens(kind.value.source.value);
    case "file":
      return countTokens(kind.value.filename ?? "") + fileTokens(kind.value.source);
    case "opaque":
      return countTokens(JSON.stringify(kind.value.value ?? {}));
    default:
      return 0;
  }
}

function fileTokens(source: Extract<Part["kind"], { case: "file" }>["value"]["source"]): number {
  return source.case === "text" ? countTokens(source.value) : sizeTokens(source.value);
}

function sizeTokens(value: string | Uint8Array | undefined): number {
  return value instanceof Uint8Array ? Math.ceil(value.length / BYTES_PER_TOKEN) : countTokens(value ?? "");
}

function toolTokens({ kind }: Tool): number {
  switch (kind.case) {
    case "function":
      return countTokens(`${kind.value.name} ${kind.value.description ?? ""}`) + jsonTokens(kind.value.parameters);
    case "custom":
      return countTokens(`${kind.value.name} ${kind.value.description ?? ""}`) + jsonTokens(kind.value.format);
    default:
      return 0;
  }
}

function formatTokens(format: ResponseFormat | undefined): number {
  return format?.kind.case === "jsonSchema" ? jsonTokens(format.kind.value.schema) : 0;
}

function jsonTokens(value: unknown): number {
  return value === undefined ? 0 : countTokens(JSON.stringify(value));
}
