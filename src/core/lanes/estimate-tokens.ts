import type { ChatRequest, Part } from "../../sdk/index.js";

// Four characters a token is the providers' own rule of thumb for English text
// (https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them). Bytes are counted, because
// scripts that take several bytes a character also take more tokens.
export const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;
// What a picture of usual size costs at the providers that publish a formula.
const TOKENS_PER_PICTURE = 1000;
const BYTES_PER_FILE_TOKEN = 16;
// A few pages, for files of which only the address is known.
const TOKENS_PER_FILE = 1500;

/** Tokens of a prompt by its length, for providers that cannot count. */
export function estimateTokens(request: ChatRequest): number {
  let bytes = 0;
  let tokens = 0;
  const add = (part: Part): void => {
    const { kind } = part;
    if (kind.case === "text" || kind.case === "refusal" || kind.case === "reasoning") bytes += sizeOf(kind.value.text);
    else if (kind.case === "toolCall") bytes += sizeOf(kind.value.name, kind.value.arguments);
    else if (kind.case === "toolResult") kind.value.content.forEach(add);
    else if (kind.case === "image") tokens += TOKENS_PER_PICTURE;
    else if (kind.case === "opaque") bytes += sizeOf(kind.value.value);
    else if (kind.case === "file" || kind.case === "audio") {
      const { source } = kind.value;
      if (source.case === "data") tokens += Math.ceil(source.value.length / BYTES_PER_FILE_TOKEN);
      else if (source.case === "text") bytes += sizeOf(source.value);
      else tokens += TOKENS_PER_FILE;
    }
  };
  for (const { kind } of request.tools) {
    if (kind.case === "opaque") bytes += sizeOf(kind.value.value);
    else if (kind.case !== undefined) {
      const schema = kind.case === "function" ? kind.value.parameters : kind.value.format;
      bytes += sizeOf(kind.value.name, kind.value.description, schema);
    }
  }
  const form = request.responseFormat?.kind;
  if (form?.case === "jsonSchema") bytes += sizeOf(form.value.name, form.value.description, form.value.schema);
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE;
    message.parts.forEach(add);
  }
  return tokens + Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** Bytes of texts, and of values as JSON. */
function sizeOf(...values: readonly unknown[]): number {
  return values.reduce<number>((size, value) => {
    if (value === undefined) return size;
    return size + Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));
  }, 0);
}
