/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface SseEvent {
  /** Its `event` field; empty when it has none. */
  readonly event: string;
  /** Its `data` lines, joined with a line feed. */
  readonly data: string;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

/**
 * Cuts a stream of bytes into blocks of whole events, and never between or inside them. What is not whole yet waits.
 * Bytes are not copied unless an event came in pieces.
 */
export class SseSplitter {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #size = 0;
  /** The last bytes that wait, at most three: a blank line may begin in them and end in what comes next. */
  #tail: Buffer = EMPTY;

  /** `limit`: the largest event in bytes; a larger one throws a RangeError. */
  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** Bytes in, the whole events that they complete out; undefined when none is complete. */
  push(bytes: Buffer): Buffer | undefined {
    if (bytes.length === 0) return undefined;
    let end = boundaryEnd(bytes);
    if (this.#size === 0) {
      if (end === bytes.length) return bytes;
      this.#keep(end === 0 ? bytes : bytes.subarray(end));
      return end === 0 ? undefined : bytes.subarray(0, end);
    }
    if (end === 0) {
      const atSeam = boundaryEnd(Buffer.concat([this.#tail, bytes.subarray(0, 3)]));
      if (atSeam === 0) {
        this.#keep(bytes);
        return undefined;
      }
      end = atSeam - this.#tail.length;
    }
    this.#pieces.push(bytes.subarray(0, end));
    const whole = Buffer.concat(this.#pieces, this.#size + end);
    this.#drop();
    if (end < bytes.length) this.#keep(bytes.subarray(end));
    return whole;
  }

  /**
   * Where to cut a large read, so that only the event that came in pieces is put together and the rest is not copied:
   * the offset after its first blank line, 0 for a read that is to be pushed as it is.
   */
  seam(bytes: Buffer): number {
    if (this.#size === 0 || bytes.length < WORTH_A_CUT) return 0;
    const at = bytes.indexOf(BLANK_LINE);
    return at === -1 ? 0 : at + BLANK_LINE.length;
  }

  /** The bytes have ended: what came after the last boundary, if anything. */
  flush(): Buffer | undefined {
    if (this.#size === 0) return undefined;
    const rest = Buffer.concat(this.#pieces, this.#size);
    this.#drop();
    return rest;
  }

  #keep(bytes: Buffer): void {
    if (this.#size + bytes.length > this.#limit) {
      this.#drop();
      throw new RangeError(`an event is larger than ${this.#limit} bytes`);
    }
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    this.#tail = bytes.length >= 3 ? bytes.subarray(-3) : Buffer.concat([this.#tail, bytes]).subarray(-3);
  }

  #drop(): void {
    this.#pieces = [];
    this.#size = 0;
    this.#tail = EMPTY;
  }
}

const EMPTY = Buffer.alloc(0);
const BLANK_LINE = Buffer.from("\n\n");
// Below it a copy is cheaper than a second block.
const WORTH_A_CUT = 8192;

/** Offset after the last blank line in `bytes`, 0 when there is none. Line ends are LF, CRLF or CR, mixed or not. */
function boundaryEnd(bytes: Buffer): number {
  for (let i = bytes.length - 1; i > 0; i -= 1) {
    const byte = bytes[i];
    if (byte === LF) {
      const previous = bytes[i - 1];
      if (previous === LF) return i + 1;
      if (previous === CR && i >= 2 && (bytes[i - 2] === LF || bytes[i - 2] === CR)) return i + 1;
    } else if (byte === CR && i + 1 < bytes.length) {
      // A CR at the very end may still grow into CRLF; it is taken once the next byte is there.
      if (bytes[i - 1] === CR || bytes[i - 1] === LF) return i + 1;
    }
  }
  return 0;
}

/** Reads the events of a block of whole events. Comments and unknown fields are skipped, as are events without data. */
export function readSse(block: Buffer | string, each: (event: SseEvent) => void): void {
  const text = typeof block === "string" ? block : block.toString("utf8");
  let event = "";
  let data: string | undefined;
  // Nearly nobody sends CR, and without it a line's end is found by a native search.
  const hasCr = text.includes("\r");
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at <= text.length) {
    const end = hasCr ? lineEnd(text, at) : endOr(text.indexOf("\n", at), text);
    if (end === at) {
      if (data !== undefined) each({ event, data });
      event = "";
      data = undefined;
    } else if (text.charCodeAt(at) !== COLON) {
      if (isField(text, at, end, "data")) {
        const value = fieldValue(text, at + 4, end);
        data = data === undefined ? value : `${data}\n${value}`;
      } else if (isField(text, at, end, "event")) {
        event = fieldValue(text, at + 5, end);
      }
    }
    at = end + (text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? 2 : 1);
  }
  // A last event without its blank line is legal on the wire of several providers.
  if (data !== undefined) each({ event, data });
}

function endOr(found: number, text: string): number {
  return found === -1 ? text.length : found;
}

function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === LF || code === CR) break;
    at += 1;
  }
  return at;
}

/** Whether the line from `at` to `end` is of that field. A line without a colon is a field without a value. */
function isField(text: string, at: number, end: number, name: string): boolean {
  const after = at + name.length;
  return text.startsWith(name, at) && (after === end || text.charCodeAt(after) === COLON);
}

/** What follows the colon at `colon`, less one space. */
function fieldValue(text: string, colon: number, end: number): string {
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end);
}

/** Wire text of one event. `event` empty means none is written; line ends in `data` come back as line feeds. */
export function writeSse(data: string, event = ""): string {
  const lines = data.includes("\n") || data.includes("\r") ? data.replaceAll(/\r\n|\r|\n/g, "\ndata: ") : data;
  return event === "" ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`;
}
