import {
  asExtensions,
  type Chunk,
  chunks,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type SseEvent,
  type StreamDecoder,
} from "@parlance/sdk";
import { errorOfEvent } from "../errors.js";
import { decodeFinish } from "./finish.js";
import { decodeLogprobs } from "./logprobs.js";
import { parseObject } from "./response-decode.js";
import { StreamParts } from "./stream-parts.js";
import { decodeUsage } from "./usage.js";
import { DIALECT, isString } from "./wire.js";

/**
 * A decoder of one stream (https://docs.cohere.com/docs/streaming): events begin, fill and end pieces of content, calls
 * and citations, and `message-end` is the last one.
 */
export function streamDecoder(): StreamDecoder {
  return new EventDecoder();
}

class EventDecoder implements StreamDecoder {
  readonly #parts = new StreamParts();
  #begun = false;
  #whole = false;
  /** Events that the vocabulary has no word for, such as `debug`. */
  readonly #others: JsonValue[] = [];

  decode({ event: name, data }: SseEvent, out: Chunk[]): void {
    // Some servers end as another wire does.
    if (this.#whole || data === "[DONE]") return;
    const event = parseObject(data, "event");
    const type = isString(event.type) ? event.type : name;
    const delta = isObject(event.delta) ? event.delta : {};
    const message = isObject(delta.message) ? delta.message : {};
    if ((type === "" || type === "error") && isString(event.message)) throw errorOfEvent(event);
    if (!this.#begun) this.#begin(event, out);
    const index = typeof event.index === "number" ? event.index : 0;
    switch (type) {
      case "message-start":
        return;
      case "content-start":
        this.#parts.beginContent(index, message.content, out);
        return;
      case "content-delta":
        this.#parts.addContent(index, message.content, out);
        this.#logprobs(event.logprobs ?? delta.logprobs, out);
        return;
      case "content-end":
        this.#parts.endContent(out);
        return;
      case "tool-plan-delta":
        this.#parts.addPlan(message.tool_plan, out);
        return;
      case "tool-call-start":
        this.#parts.beginCall(index, message.tool_calls, out);
        return;
      case "tool-call-delta":
        this.#parts.addArguments(index, message.tool_calls, out);
        return;
      case "tool-call-end":
        this.#parts.endCall(index, out);
        return;
      case "citation-start":
        this.#parts.cite(message.citations, out);
        return;
      case "citation-end":
        return;
      case "message-end":
        this.#end(delta, out);
        return;
      default:
        this.#others.push(event);
    }
  }

  end(): void {
    if (!this.#whole) {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
    }
  }

  #begin({ id }: JsonObject, out: Chunk[]): void {
    this.#begun = true;
    // The wire does not name the model.
    out.push(chunks.completionStart({ id: isString(id) ? id : "", model: "" }));
  }

  #logprobs(value: JsonValue | undefined, out: Chunk[]): void {
    const logprobs = decodeLogprobs(value);
    if (logprobs !== undefined) out.push(chunks.logprobsDelta(0, logprobs));
  }

  #end({ finish_reason: word, usage: told, error, ...fields }: JsonObject, out: Chunk[]): void {
    if (isString(error) && error !== "") throw errorOfEvent(error);
    const message = asExtensions(DIALECT, this.#parts.end(out));
    this.#whole = true;
    out.push(chunks.finish(0, decodeFinish(word), { message }));
    const usage = decodeUsage(told);
    if (usage !== undefined) out.push(chunks.usage(usage));
    if (this.#others.length > 0) fields.events = this.#others;
    const extensions = asExtensions(DIALECT, fields);
    out.push(chunks.completionEnd({ ...(extensions && { extensions }) }));
  }
}
