import {
  type Chunk,
  chunks,
  create,
  CompletionSchema,
  isObject,
  type JsonObject,
  ParlanceError,
  type SseEvent,
  type StreamDecoder,
} from "../../sdk/index.js";
import { errorFromBody } from "../openai-errors/index.js";
import { isCount, isString } from "../openai-chat/checks.js";
import { ItemStream } from "./item-stream.js";
import { WireObject } from "./own.js";
import { errorOfResponse, readable, takeFinish, takeHead } from "./response-decode.js";
import { decodeUsage } from "./usage.js";

/**
 * A decoder of one stream: https://platform.openai.com/docs/api-reference/responses-streaming. Events that are not known
 * pass by: what they tell of an item comes again with its end, and of the answer with its last event.
 */
export function streamDecoder(): StreamDecoder {
  return new ResponseStreamDecoder();
}

/** Events that end the stream. */
export const LAST_EVENTS: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.cancelled",
  // One gateway's word for completed.
  "response.done",
]);

class ResponseStreamDecoder implements StreamDecoder {
  readonly #items = new ItemStream();
  #started = false;
  #ended = false;

  decode(event: SseEvent, out: Chunk[]): void {
    if (this.#ended || event.data === "" || event.data.startsWith("[DONE]")) return;
    const body = parseEvent(event.data);
    const type = isString(body.type) ? body.type : event.event;
    if (type === "error" || (body.error && !isString(body.type))) throw errorFromBody(body);
    if (type === "response.failed") throw errorOfResponse(isObject(body.response) ? body.response : body);
    readable(() => this.#read(type, body, out));
  }

  end(_out: Chunk[]): void {
    if (!this.#ended) {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
    }
  }

  #read(type: string, body: JsonObject, out: Chunk[]): void {
    if (LAST_EVENTS.has(type)) {
      this.#finish(isObject(body.response) ? body.response : {}, out);
      return;
    }
    if (type === "response.created" || type === "response.in_progress" || type === "response.queued") {
      this.#start(isObject(body.response) ? body.response : {}, out);
      return;
    }
    if (!type.startsWith("response.")) return;
    const reader = READERS[type];
    if (reader === undefined) return;
    this.#start({}, out);
    reader(this.#items, body, out);
  }

  #start(response: JsonObject, out: Chunk[]): void {
    if (this.#started) return;
    this.#started = true;
    out.push(
      chunks.completionStart({
        id: isString(response.id) ? response.id : "",
        model: isString(response.model) ? response.model : "",
        ...(isCount(response.created_at) && { createTime: { seconds: BigInt(response.created_at), nanos: 0 } }),
      }),
    );
  }

  #finish(response: JsonObject, out: Chunk[]): void {
    this.#start(response, out);
    this.#ended = true;
    const wire = new WireObject(response, "");
    this.#items.close(wire.take("output"), out);
    out.push(chunks.finish(0, takeFinish(wire, this.#items.calls)));
    const usage = wire.take("usage");
    if (usage !== undefined) out.push(chunks.usage(decodeUsage(usage)));
    const completion = create(CompletionSchema);
    takeHead(wire, completion);
    const extensions = wire.extensions();
    out.push(
      chunks.completionEnd({
        ...(completion.serviceTier !== undefined && { serviceTier: completion.serviceTier }),
        ...(extensions && { extensions }),
      }),
    );
  }
}

type Reader = (items: ItemStream, event: JsonObject, out: Chunk[]) => void;

const READERS: Readonly<Record<string, Reader>> = {
  "response.output_item.added": (items, event, out) => {
    if (isObject(event.item)) items.added(indexOf(event), event.item, out);
  },
  "response.output_item.done": (items, event, out) => {
    if (isObject(event.item)) items.done(indexOf(event), event.item, out);
  },
  "response.content_part.added": (items, event, out) => {
    if (isObject(event.part) && event.part.type !== "reasoning_text") items.pieceAdded(event, out);
  },
  "response.content_part.done": (items, event, out) => {
    if (isObject(event.part) && event.part.type === "reasoning_text") items.reasoningDone(event, "content", out);
    else items.pieceDone(event, out);
  },
  "response.output_text.delta": (items, event, out) => items.text(event, "text", out),
  "response.output_text.done": (items, event, out) => items.textDone(event, "text", out),
  "response.output_text.annotation.added": (items, event, out) => items.annotation(event, out),
  "response.refusal.delta": (items, event, out) => items.text(event, "refusal", out),
  "response.refusal.done": (items, event, out) => items.textDone(event, "refusal", out),
  "response.function_call_arguments.delta": (items, event, out) => items.arguments(event, false, out),
  "response.function_call_arguments.done": (items, event, out) => items.argumentsDone(event, false, out),
  "response.custom_tool_call_input.delta": (items, event, out) => items.arguments(event, true, out),
  "response.custom_tool_call_input.done": (items, event, out) => items.argumentsDone(event, true, out),
  "response.reasoning_summary_text.delta": (items, event, out) => items.reasoning(event, "summary", out),
  "response.reasoning_summary_text.done": (items, event, out) => items.reasoningDone(event, "summary", out),
  "response.reasoning_summary_part.done": (items, event, out) => items.reasoningDone(event, "summary", out),
  "response.reasoning_text.delta": (items, event, out) => items.reasoning(event, "content", out),
  "response.reasoning_text.done": (items, event, out) => items.reasoningDone(event, "content", out),
};

function indexOf(event: JsonObject): number {
  return typeof event.output_index === "number" ? event.output_index : 0;
}

/** The JSON object of an event; throws `malformed_answer` when it is none. */
export function parseEvent(data: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's stream holds an event that is not JSON.");
  }
  if (!isObject(value))
    throw new ParlanceError("malformed_answer", "The provider's stream holds an event that is not a JSON object.");
  return value;
}
