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
import { EventWatch, malformedEvent, saysDone, untilLast } from "../event-watch.js";
import { errorFromBody } from "../openai-errors/index.js";
import { decodeFinish } from "./finish.js";
import { errorOfResponse } from "./response-decode.js";
import { LAST_EVENTS, parseEvent } from "./stream-decode.js";
import { decodeUsage } from "./usage.js";

// Only events that begin or end an answer hold the whole of it. In JSON text the quotes inside a string are escaped, so
// that these words can only be names or whole values.
const WORDS = ['"error"', '"response"'];
const NEEDLES = WORDS.map((word) => Buffer.from(word));
const BOUNDARIES = ["\n\n", "\r\n\r\n", "\r\r"].map((text) => Buffer.from(text));

/** A reader for a verbatim stream of events. It withholds nothing: usage is told in every stream. */
export function passage(): Passage {
  return new ResponsePassage();
}

class ResponsePassage implements Passage {
  content = false;
  finished = false;
  error: ParlanceError | undefined;
  usage: Usage | undefined;
  finish: Finish | undefined;

  readonly #watch = new EventWatch();

  push(events: Buffer): Buffer {
    // What comes after the last event is no part of the answer, and not the client's.
    if (this.finished) return saysDone(events) ? events : events.subarray(0, 0);
    const broken = this.#watch.find(events.toString("latin1"));
    if (broken === -1) return this.#pass(events);
    const before = this.#pass(events.subarray(0, broken));
    if (!this.finished) this.error ??= malformedEvent();
    return before;
  }

  #pass(events: Buffer): Buffer {
    // After the first content, only events that hold one of a few words are read.
    if (this.content && !NEEDLES.some((needle) => events.includes(needle))) return events;
    try {
      readSse(events, (event) => this.#read(event));
    } catch (thrown) {
      this.error = ParlanceError.from(thrown);
      return events.subarray(0, failureStart(events));
    }
    return this.finished ? untilLast(events, isLast) : events;
  }

  #read(event: SseEvent): void {
    const { data } = event;
    if (this.finished || data === "" || data.startsWith("[DONE]")) return;
    if (this.content && !WORDS.some((word) => data.includes(word))) return;
    const body = parseEvent(data);
    const type = typeof body.type === "string" ? body.type : event.event;
    const response = isObject(body.response) ? body.response : {};
    if (type === "error" || (body.error && typeof body.type !== "string")) throw errorFromBody(body);
    if (type === "response.failed") throw errorOfResponse(isObject(body.response) ? body.response : body);
    if (LAST_EVENTS.has(type)) this.#end(response);
    else this.content ||= tells(type, body);
  }

  #end(response: JsonObject): void {
    this.finished = true;
    const output = Array.isArray(response.output) ? response.output : [];
    const calls = output.some((item) => isObject(item) && CALLS.has(item.type));
    this.content ||= output.length > 0;
    this.finish = decodeFinish(response.status, response.incomplete_details, calls);
    if (isObject(response.usage)) this.usage = decodeUsage(response.usage);
  }
}

function isLast({ event, data }: SseEvent): boolean {
  if (!WORDS.some((word) => data.includes(word))) return false;
  const { type } = parseEvent(data);
  return LAST_EVENTS.has(typeof type === "string" ? type : event);
}

const CALLS: ReadonlySet<unknown> = new Set(["function_call", "custom_tool_call"]);

/** Items that are nothing of the answer by their start alone: their texts begin empty. */
const EMPTY_AT_START: ReadonlySet<unknown> = new Set(["message", "reasoning"]);

/** Whether an event tells some of the answer. */
function tells(type: string, body: JsonObject): boolean {
  if (type === "response.output_item.added") return isObject(body.item) && !EMPTY_AT_START.has(body.item.type);
  if (type === "response.output_item.done") return true;
  return type.endsWith(".delta") && body.delta !== "";
}

/** Offset at which the event that tells a failure begins. */
function failureStart(events: Buffer): number {
  let start = 0;
  const at = Math.max(...NEEDLES.map((needle) => events.lastIndexOf(needle)));
  if (at === -1) return 0;
  for (const boundary of BOUNDARIES) {
    const found = events.lastIndexOf(boundary, at);
    if (found !== -1) start = Math.max(start, found + boundary.length);
  }
  return start;
}
