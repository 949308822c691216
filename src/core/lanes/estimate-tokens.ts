import type { ChatRequest, Part } from "../../sdk/index.js";

// Four characters a token is the providers' own rule of thumb for English text
// (https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them).
const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;
// What a picture of usual size costs at the providers that publish a formula.
const TOKENS_PER_PICTURE = 1000;
const BYTES_PER_FILE_TOKEN = 16;

/** Tokens of a prompt by its length, for providers that cannot count. */
export function estimateTokens(request: ChatRequest): number {
  let characters = 0;
  let tokens = 0;
  const add = (part: Part): void => {
    const { kind } = part;
    if (kind.case === "text" || kind.case === "refusal" || kind.case === "reasoning")
      characters += kind.value.text.length;
    else if (kind.case === "toolCall") characters += kind.value.name.length + kind.value.arguments.length;
    else if (kind.case === "toolResult") kind.value.content.forEach(add);
    else if (kind.case === "image") tokens += TOKENS_PER_PICTURE;
    else if (kind.case === "opaque") characters += JSON.stringify(kind.value.value ?? {}).length;
    else if (kind.case === "file" || kind.case === "audio") {
      const { source } = kind.value;
      if (source.case === "data") tokens += Math.ceil(source.value.length / BYTES_PER_FILE_TOKEN);
      else if (source.case === "text") characters += source.value.length;
    }
  };
  for (const { kind } of request.tools) {
    if (kind.case === "opaque") characters += JSON.stringify(kind.value.value ?? {}).length;
    else if (kind.case !== undefined) {
      const schema = kind.case === "function" ? kind.value.parameters : kind.value.format;
      characters +=
        kind.value.name.length + (kind.value.description?.length ?? 0) + JSON.stringify(schema ?? {}).length;
    }
  }
  for (const message of request.messages) {
    tokens += TOKENS_PER_MESSAGE;
    message.parts.forEach(add);
  }
  return tokens + Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
