import { isObject, ParlanceError, readSse, type SseEvent } from "../sdk/index.js";

/** Ends of events that are remembered; some servers pad each with another number of blanks. */
const MOST_TAILS = 32;
/** Longest end that is remembered, in characters. */
const LONGEST_TAIL = 24;
const EVENT = 101;
const QUOTE = 34;
const DATA = 'data: {"';

/**
 * Watches a stream that passes unread for events that nobody could read. Events of one stream are made by one hand: one
 * that begins as they all do, and ends as one that was parsed did, is taken for JSON, and any other is parsed. So an event
 * costs a search for its end and two comparisons, a tenth of its parse.
 */
export class EventWatch {
  #tail = "\n";
  readonly #tails = new Set<string>();

  /**
   * Offset of the first event that cannot be read; -1 when each can. `text`: whole events, as latin1, so that offsets are
   * those of the bytes.
   */
  find(text: string): number {
    const gap = text.endsWith("\r\n\r\n") ? "\r\n\r\n" : "\n\n";
    let at = 0;
    while (at < text.length) {
      const found = text.indexOf(gap, at);
      const end = found === -1 ? text.length : found;
      if (!this.#isAsEver(text, at, end) && !this.#reads(text, at, end)) return at;
      at = end + gap.length;
    }
    return -1;
  }

  #isAsEver(text: string, at: number, end: number): boolean {
    if (!text.endsWith(this.#tail, end)) return false;
    const line = text.charCodeAt(at) === EVENT ? text.indexOf("\n", at) + 1 : at;
    return line < end && text.startsWith(DATA, line);
  }

  #reads(text: string, at: number, end: number): boolean {
    const tail = tailOf(text, at, end);
    if (tail !== undefined && this.#tails.has(tail)) {
      this.#tail = tail;
      if (this.#isAsEver(text, at, end)) return true;
    }
    try {
      readSse(text.slice(at, end), refuseMalformed);
    } catch {
      return false;
    }
    if (tail === undefined || this.#tails.size >= MOST_TAILS) return true;
    this.#tails.add(tail);
    this.#tail = tail;
    return true;
  }
}

/** What is told of an event that cannot be read. */
export function malformedEvent(): ParlanceError {
  return new ParlanceError("malformed_answer", "The provider's stream holds an event that is not a JSON object.");
}

/** Bytes up to the first event that is the last of its stream; what says `[DONE]` after it may stay. */
export function untilLast(events: Buffer, isLast: (event: SseEvent) => boolean): Buffer {
  const end = endOfLast(events, isLast);
  return end === events.length || saysDone(events.subarray(end)) ? events : events.subarray(0, end);
}

/** Whether bytes say nothing but, perhaps, that a stream is over. */
export function saysDone(events: Buffer): boolean {
  return events.length < 1024 && /^(?:\s|:.*|data: ?\[DONE\])*$/.test(events.toString("latin1"));
}

/** Offset after that event; the length of the bytes when there is none. */
function endOfLast(events: Buffer, isLast: (event: SseEvent) => boolean): number {
  const text = events.toString("latin1");
  let from = 0;
  let last = false;
  for (const { index, 0: gap } of text.matchAll(/\r\n\r\n|\n\n|\r\r/g)) {
    const end = index + gap.length;
    readSse(text.slice(from, end), (event) => {
      last ||= isLast(event);
    });
    if (last) return end;
    from = end;
  }
  return text.length;
}

function refuseMalformed({ event, data }: SseEvent): void {
  if (data === "" || event === "ping" || data.startsWith("[DONE]")) return;
  if (!isObject(JSON.parse(data))) throw malformedEvent();
}

/** From the last quote on: what comes before it may be text. */
function tailOf(text: string, at: number, end: number): string | undefined {
  for (let from = end - 1; from > at && end - from <= LONGEST_TAIL; from -= 1) {
    if (text.charCodeAt(from) === QUOTE) return text.slice(from, end);
  }
  return undefined;
}
