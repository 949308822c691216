import {
  type Finish,
  isObject,
  type JsonObject,
  ParlanceError,
  type Passage,
  readSse,
  type SseEvent,
  type Usage,
} from "../../sdk/index.js";
import { EventWatch, malformedEvent, untilLast } from "../event-watch.js";
import { errorOfEvent } from "./errors.js";
import { decodeFinish } from "./finish.js";
import { merged, parseEvent } from "./stream-decode.js";
import { decodeUsage } from "./usage.js";

// In JSON text the quotes inside a string are escaped, so that these bytes can only be names or whole string values.
const MESSAGE = Buffer.from('"message_');
const ERROR = Buffer.from('"error"');
const BOUNDARIES = ["\n\n", "\r\n\r\n", "\r\r"].map((text) => Buffer.from(text));

/** A reader for a verbatim stream of events. It withholds nothing: usage is told in every stream. */
export function passage(): Passage {
  return new MessagePassage();
}

class MessagePassage implements Passage {
  content = false;
  finished = false;
  error: ParlanceError | undefined;
  usage: Usage | undefined;
  finish: Finish | undefined;
  readonly #watch = new EventWatch();
  #told: JsonObject | undefined;
  #begun = false;
  /** Set once the stream has said that nothing follows: what does all the same is not the client's. */
  #over = false;

  push(events: Buffer): Buffer {
    if (this.#over) return events.subarray(0, 0);
    const broken = this.#watch.find(events.toString("latin1"));
    if (broken === -1) return this.#pass(events);
    const before = this.#pass(events.subarray(0, broken));
    if (!this.#over) this.error ??= malformedEvent();
    return before;
  }

  #pass(events: Buffer): Buffer {
    const failure = events.indexOf(ERROR);
    // After the first content, only events that hold one of two words are read.
    if (this.content && failure === -1 && events.indexOf(MESSAGE) === -1) return events;
    try {
      readSse(events, (event) => this.#read(event));
    } catch (thrown) {
      this.error = ParlanceError.from(thrown);
      return events.subarray(0, failure === -1 ? 0 : eventStart(events, failure));
    }
    return this.#over ? untilLast(events, isStop) : events;
  }

  #read(event: SseEvent): void {
    if (this.#over) return;
    if (this.content && !event.data.includes('"message_') && !event.data.includes('"error"')) return;
    if (event.event === "ping") return;
    const body = parseEvent(event);
    switch (body.type ?? event.event) {
      case "message_start": {
        if (this.#begun) throw new ParlanceError("malformed_answer", "The provider's stream begins a second time.");
        this.#begun = true;
        const message = isObject(body.message) ? body.message : {};
        this.#count(message.usage);
        // An answer that was ready comes whole with the start.
        this.content ||= Array.isArray(message.content) && message.content.length > 0;
        if (typeof message.stop_reason === "string") {
          this.finish = decodeFinish(message.stop_reason, message.stop_sequence);
        }
        break;
      }
      case "content_block_start":
        this.content ||= beginsFilled(isObject(body.content_block) ? body.content_block : {});
        break;
      case "content_block_delta":
        this.content ||= isFilled(isObject(body.delta) ? body.delta : {});
        break;
      case "message_delta":
        this.#end(isObject(body.delta) ? body.delta : {});
        this.#count(body.usage);
        break;
      case "message_stop":
        this.finished = true;
        this.#over = true;
        break;
      case "error":
        throw errorOfEvent(body);
      default:
        break;
    }
  }

  #end(delta: JsonObject): void {
    if (typeof delta.stop_reason !== "string") return;
    this.finish = decodeFinish(delta.stop_reason, delta.stop_sequence);
    this.finished = true;
  }

  #count(usage: JsonObject[string] | undefined): void {
    if (!isObject(usage)) return;
    this.#told = merged(this.#told, usage);
    this.usage = decodeUsage(this.#told);
  }
}

function isStop({ event, data }: SseEvent): boolean {
  if (!data.includes('"message_stop"')) return false;
  return (parseEvent({ event, data }).type ?? event) === "message_stop";
}

/** Whether a block is some of the answer by its start alone: texts and reasoning begin empty. */
function beginsFilled(block: JsonObject): boolean {
  if (block.type === "text") return typeof block.text === "string" && block.text !== "";
  if (block.type === "thinking") return typeof block.thinking === "string" && block.thinking !== "";
  return typeof block.type === "string";
}

function isFilled(delta: JsonObject): boolean {
  if (delta.type === "text_delta") return delta.text !== "";
  if (delta.type === "thinking_delta") return delta.thinking !== "";
  return typeof delta.type === "string";
}

/** Offset at which the event that holds an offset begins. */
function eventStart(events: Buffer, offset: number): number {
  let start = 0;
  for (const boundary of BOUNDARIES) {
    const found = events.lastIndexOf(boundary, offset);
    if (found !== -1) start = Math.max(start, found + boundary.length);
  }
  return start;
}
