import {
  type Finish,
  isObject,
  type JsonObject,
  ParlanceError,
  type Passage,
  readSse,
  type Usage,
} from "../../sdk/index.js";
import { EventWatch, malformedEvent } from "../event-watch.js";
import { errorFromBody } from "../openai-errors/index.js";
import { decodeFinish } from "./finish.js";
import { parseEvent } from "./stream-decode.js";
import { decodeUsage } from "./usage.js";

// In JSON text the quotes inside a string are escaped, so that a quoted word with a colon after it can only be a name.
// Most events hold these names with null after them, which says nothing. One search for all of them over the bytes as
// characters costs a quarter of a native search for each.
const MARKS = /"(?:usage"\s*:\s*\{|finish_reason"\s*:\s*"|error"\s*:\s*[^n\s])|event: ?error|\[DONE\]/g;
const EVENT = 101;
const BRACKET = 91;
const SPACE = 32;
const FIELD = "data:";
const LF = 10;
const CR = 13;

/** A reader for a verbatim stream of `chat.completion.chunk` events. */
export function passage(withholdUsage: boolean): Passage {
  return new ChatPassage(withholdUsage);
}

class ChatPassage implements Passage {
  content = false;
  finished = false;
  error: ParlanceError | undefined;
  usage: Usage | undefined;
  finish: Finish | undefined;
  readonly #withholdUsage: boolean;
  readonly #watch = new EventWatch();
  /** Set once the stream has said that nothing follows: what does all the same is not the client's. */
  #over = false;
  // Whether any part of an answer has come: a stream that only says that it is over is none.
  #answered = false;

  constructor(withholdUsage: boolean) {
    this.#withholdUsage = withholdUsage;
  }

  push(events: Buffer): Buffer {
    if (this.#over) return events.subarray(0, 0);
    try {
      return this.content ? this.#scan(events) : this.#readAll(events);
    } catch (thrown) {
      this.error = ParlanceError.from(thrown);
      return events.subarray(0, 0);
    }
  }

  /** Before the first content every event is read, and so it is known when the first content comes. */
  #readAll(events: Buffer): Buffer {
    let at = 0;
    const cuts: Cut[] = [];
    while (at < events.length && this.error === undefined && !this.#over) {
      const end = eventEnd(events, at);
      this.#readEvent(events, { start: at, end }, cuts);
      at = end;
    }
    if (at < events.length) cuts.push({ start: at, end: events.length });
    return without(events, cuts);
  }

  /** After it, only events that hold one of a few words are. */
  #scan(events: Buffer): Buffer {
    const text = events.toString("latin1");
    const broken = this.#watch.find(text);
    if (broken === -1) return this.#readMarked(events, text);
    const before = this.#readMarked(events.subarray(0, broken), text.slice(0, broken));
    if (!this.#over) this.error ??= malformedEvent();
    return before;
  }

  #readMarked(events: Buffer, text: string): Buffer {
    const marks: number[] = [];
    const cuts: Cut[] = [];
    MARKS.lastIndex = 0;
    for (let match = MARKS.exec(text); match !== null; match = MARKS.exec(text)) {
      const at = match.index;
      const first = text.charCodeAt(at);
      if (first === BRACKET) {
        if (!isEnd(text, at)) continue;
        this.finished = true;
        this.#over = true;
        cuts.push({ start: eventAround(events, at).end, end: events.length });
        break;
      }
      if (first !== EVENT || at === 0 || isBreak(events[at - 1])) marks.push(at);
    }
    if (marks.length === 0) return without(events, cuts);
    const last = cuts.pop();
    let read = 0;
    for (const mark of marks) {
      if (mark < read || this.error !== undefined) continue;
      const range = eventAround(events, mark);
      read = range.end;
      this.#readEvent(events, range, cuts);
    }
    if (last !== undefined) cuts.push(last);
    return without(events, cuts);
  }

  #readEvent(events: Buffer, { start, end }: Cut, cuts: Cut[]): void {
    try {
      readSse(events.subarray(start, end), (event) => {
        if (event.data === "") return;
        if (event.data.startsWith("[DONE]")) {
          // Without a finish it is one only after some content: before it, nobody has answered.
          this.finished ||= this.content;
          this.#over = this.#answered;
          return;
        }
        const body = parseEvent(event.data);
        if (body.error || event.event === "error") throw errorFromBody(body);
        this.#readBody(body);
        if (this.#withholdUsage && isUsageOnly(body)) cuts.push({ start, end });
      });
    } catch (thrown) {
      this.error = ParlanceError.from(thrown);
      // The client is told of the failure once, by the gateway.
      cuts.push({ start, end: events.length });
    }
  }

  #readBody(body: JsonObject): void {
    if (isObject(body.usage)) this.usage = decodeUsage(body.usage);
    else if (isObject(body.x_groq) && isObject(body.x_groq.usage)) this.usage = decodeUsage(body.x_groq.usage);
    if (!Array.isArray(body.choices)) return;
    for (const choice of body.choices) {
      if (!isObject(choice)) continue;
      this.#answered = true;
      if (isObject(choice.error)) throw errorFromBody({ error: choice.error });
      if (!this.content && isObject(choice.delta)) this.content = hasContent(choice.delta);
      // Legacy completions have the text beside the choice's other members.
      if (typeof choice.text === "string" && choice.text !== "") this.content = true;
      const word = choice.finish_reason;
      if (word === undefined || word === null || word === "") continue;
      if (word === "error") throw new ParlanceError("provider_error", "The provider ended its answer with an error.");
      this.finished = true;
      this.finish ??= decodeFinish(word, undefined);
    }
  }
}

/** The words may stand in a text: as the end of the stream they follow the field's name. */
function isEnd(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1) === SPACE ? at - 1 : at;
  const start = before - FIELD.length;
  return text.startsWith(FIELD, start) && (start === 0 || isBreak(text.charCodeAt(start - 1)));
}

/** A stretch of bytes to leave out. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

/** Only this event is told because of `include_usage`. */
function isUsageOnly(body: JsonObject): boolean {
  return isObject(body.usage) && Array.isArray(body.choices) && body.choices.length === 0;
}

const ANSWERS = [
  "content",
  "reasoning_content",
  "reasoning",
  "refusal",
  "reasoning_details",
  "tool_calls",
  "annotations",
];

/** Whether a delta holds some of the answer. */
function hasContent(delta: JsonObject): boolean {
  for (const name of ANSWERS) {
    const value = delta[name];
    if ((typeof value === "string" || Array.isArray(value)) && value.length > 0) return true;
  }
  return isObject(delta.function_call) || isObject(delta.audio);
}

function without(events: Buffer, cuts: readonly Cut[]): Buffer {
  if (cuts.length === 0) return events;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end } of cuts) {
    if (start > at) pieces.push(events.subarray(at, start));
    at = Math.max(at, end);
  }
  if (at < events.length) pieces.push(events.subarray(at));
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

function isBreak(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

/** Offset after the blank line that ends the event at `from`; the end of the bytes when there is none. */
function eventEnd(events: Buffer, from: number): number {
  let at = from;
  let blank = true;
  while (at < events.length) {
    if (!isBreak(events[at])) {
      blank = false;
      at = lineBreak(events, at);
      continue;
    }
    at += events[at] === CR && events[at + 1] === LF ? 2 : 1;
    if (blank) return at;
    blank = true;
  }
  return at;
}

/** Offset of the next line feed or carriage return. */
function lineBreak(events: Buffer, from: number): number {
  const feed = events.indexOf(LF, from);
  const end = feed === -1 ? events.length : feed;
  const stretch = events.subarray(from, end).indexOf(CR);
  return stretch === -1 ? end : from + stretch;
}

/** The event that holds an offset. */
function eventAround(events: Buffer, offset: number): Cut {
  let start = offset;
  while (start > 0) {
    const previous = events[start - 1];
    if (!isBreak(previous)) {
      const feed = events.lastIndexOf(LF, start - 1);
      const carriage = events.lastIndexOf(CR, start - 1);
      start = Math.max(feed, carriage) + 1;
      if (start === 0) break;
      continue;
    }
    // At the start of a line: the event begins here when the line before is blank.
    const lineEnd = start - (previous === LF && events[start - 2] === CR ? 2 : 1);
    if (lineEnd === 0 || isBreak(events[lineEnd - 1])) break;
    start = lineEnd;
  }
  return { start, end: eventEnd(events, start) };
}
