import { type Chunk, isObject, type JsonObject, type SseEvent, type StreamDecoder } from "../../sdk/index.js";
import { openaiChat } from "../openai-chat/index.js";
import { encodeLogprobs as encodeChatLogprobs } from "../openai-chat/logprobs.js";
import { parseEvent } from "../openai-chat/stream-decode.js";
import { decodeLogprobs } from "./logprobs.js";

/** A decoder of one stream of `text_completion` events: what is text here is the content of a delta there. */
export function streamDecoder(): StreamDecoder {
  const chat = openaiChat.streamDecoder();
  return {
    decode(event: SseEvent, out: Chunk[]): void {
      chat.decode(
        event.data === "" || event.data.startsWith("[DONE]") ? event : { ...event, data: translate(event.data) },
        out,
      );
    },
    end: (out) => chat.end(out),
  };
}

function translate(data: string): string {
  const body = parseEvent(data);
  if (!Array.isArray(body.choices)) return data;
  return JSON.stringify({
    ...body,
    choices: body.choices.map((choice) => (isObject(choice) ? toDelta(choice) : choice)),
  });
}

function toDelta({ text, logprobs, ...others }: JsonObject): JsonObject {
  const read = decodeLogprobs(logprobs);
  return {
    ...others,
    delta: typeof text === "string" ? { content: text } : {},
    ...(read !== undefined && { logprobs: encodeChatLogprobs(read) }),
  };
}
