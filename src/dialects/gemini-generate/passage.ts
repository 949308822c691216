import {
  type Finish,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type Passage,
  readSse,
  type Usage,
} from "../../sdk/index.js";
import { EventWatch, malformedEvent } from "../event-watch.js";
import { blockReason } from "./answer-parts.js";
import { errorOfEvent } from "./errors.js";
import { blockedFinish, decodeFinish } from "./finish.js";
import { callsTools } from "./glean.js";
import { parseAnswer } from "./response-decode.js";
import { decodeUsage, latestUsage } from "./usage.js";

// In JSON text the quotes inside a string are escaped, so that these bytes can only be names or whole string values.
const TELLING = ['"finishReason"', '"error"', '"functionCall"'].map((name) => Buffer.from(name));
const ERROR = Buffer.from('"error"');
const BOUNDARIES = ["\n\n", "\r\n\r\n", "\r\r"].map((text) => Buffer.from(text));

/** A reader for a verbatim stream of events. It withholds nothing: usage is told in every event. */
export function passage(): Passage {
  return new AnswerPassage();
}

class AnswerPassage implements Passage {
  content = false;
  finished = false;
  error: ParlanceError | undefined;
  readonly #watch = new EventWatch();
  #usage: JsonObject | undefined;
  #finish: JsonValue | undefined;
  #blocked: JsonValue | undefined;
  #calls = false;
  /** The latest events, if they were not read: they may hold the latest usage. */
  #unread: Buffer | undefined;

  push(events: Buffer): Buffer {
    const broken = this.#watch.find(events.toString("latin1"));
    if (broken === -1) return this.#pass(events);
    const before = this.#pass(events.subarray(0, broken));
    this.error ??= malformedEvent();
    return before;
  }

  #pass(events: Buffer): Buffer {
    // After the first content, only events that end the answer are read, and those that call tools.
    if (this.content && TELLING.every((name) => events.indexOf(name) === -1)) {
      this.#unread = events;
      return events;
    }
    this.#unread = undefined;
    try {
      readSse(events, ({ data }) => this.#read(parseAnswer(data, "stream")));
    } catch (thrown) {
      this.error = ParlanceError.from(thrown);
      const failure = events.indexOf(ERROR);
      return events.subarray(0, failure === -1 ? 0 : eventStart(events, failure));
    }
    return events;
  }

  get usage(): Usage | undefined {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) {
      try {
        readSse(unread, ({ data }) => this.#count(parseAnswer(data, "stream").usageMetadata));
      } catch {
        // It was passed on unread; what it says of usage stays unknown.
      }
    }
    return this.#usage === undefined ? undefined : decodeUsage(this.#usage);
  }

  get finish(): Finish | undefined {
    if (this.#finish !== undefined) return decodeFinish(this.#finish, this.#calls);
    return this.#blocked === undefined ? undefined : blockedFinish(this.#blocked);
  }

  #read(body: JsonObject): void {
    if (isObject(body.error)) throw errorOfEvent(body.error);
    this.#count(body.usageMetadata);
    const reason = blockReason(body);
    if (reason !== undefined) {
      this.#blocked = reason;
      this.finished = true;
    }
    if (!Array.isArray(body.candidates)) return;
    body.candidates.forEach((candidate, at) => {
      if (!isObject(candidate)) return;
      this.content ||= saysSomething(candidate.content);
      const { finishReason: word, index = at } = candidate;
      // Of several candidates the first one's finish is told.
      if (index !== 0) return;
      this.#calls ||= callsTools(candidate.content);
      if (word === undefined || word === null) return;
      this.#finish = word;
      this.finished = true;
    });
  }

  #count(usage: JsonValue | undefined): void {
    if (isObject(usage)) this.#usage = latestUsage(this.#usage, usage);
  }
}

function saysSomething(content: JsonValue | undefined): boolean {
  const parts = isObject(content) ? content.parts : undefined;
  const list = Array.isArray(parts) ? parts : [parts ?? null];
  return list.some((part) => {
    if (!isObject(part)) return false;
    const { text, thought: _, thoughtSignature, ...others } = part;
    return (
      (typeof text === "string" && text !== "") || thoughtSignature !== undefined || Object.keys(others).length > 0
    );
  });
}

/** Offset of the event that holds the byte at `offset`. */
function eventStart(events: Buffer, offset: number): number {
  let start = 0;
  for (const boundary of BOUNDARIES) {
    const found = events.lastIndexOf(boundary, offset);
    if (found !== -1) start = Math.max(start, found + boundary.length);
  }
  return start;
}
