/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface SseEvent {
  /** Its `event` field; empty when it has none. */
  readonly event: string;
  /** Its `data` lines, joined with a line feed. */
  readonly data: string;
}

const LF = 10;
const CR = 13;

/**
 * Cuts a stream of bytes into blocks of whole events, and never between or inside them. What is not whole yet waits.
 * Bytes are not copied unless an event came in pieces.
 */
export class SseSplitter {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #size = 0;

  /** `limit`: the largest event in bytes; a larger one throws a RangeError. */
  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit;
  }

  /** Bytes in, the whole events that they complete out; undefined when none is complete. */
  push(bytes: Buffer): Buffer | undefined {
    if (this.#size === 0) {
      const end = lastBoundary(bytes, 0);
      if (end === bytes.length) return bytes;
      this.#keep(end === 0 ? bytes : bytes.subarray(end));
      return end === 0 ? undefined : bytes.subarray(0, end);
    }
    // A boundary may begin in the piece before: look at the seam with three of its bytes in front.
    const before = this.#pieces[this.#pieces.length - 1] as Buffer;
    const seam = Math.min(3, before.length);
    const looked = seam === 0 ? bytes : Buffer.concat([before.subarray(before.length - seam), bytes]);
    const found = lastBoundary(looked, 0);
    if (found <= seam) {
      this.#keep(bytes);
      return undefined;
    }
    const end = found - seam;
    this.#pieces.push(bytes.subarray(0, end));
    const whole = Buffer.concat(this.#pieces, this.#size + end);
    this.#pieces = [];
    this.#size = 0;
    if (end < bytes.length) this.#keep(bytes.subarray(end));
    return whole;
  }

  /** The bytes have ended: what came after the last boundary, if anything. */
  flush(): Buffer | undefined {
    if (this.#size === 0) return undefined;
    const rest = Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return rest;
  }

  #keep(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size > this.#limit) throw new RangeError(`an event is larger than ${this.#limit} bytes`);
  }
}

/** Offset after the last blank line in `bytes`, 0 when there is none. Line ends are LF, CRLF or CR, mixed or not. */
function lastBoundary(bytes: Buffer, from: number): number {
  for (let i = bytes.length - 1; i > from; i -= 1) {
    const byte = bytes[i];
    if (byte === LF) {
      const previous = bytes[i - 1];
      if (previous === LF) return i + 1;
      if (previous === CR && i >= 2 && (bytes[i - 2] === LF || bytes[i - 2] === CR)) return i + 1;
    } else if (byte === CR && bytes[i - 1] === CR && i + 1 < bytes.length) {
      // CR CR at the very end may still grow into CR CRLF; it is taken once the next byte is there.
      return bytes[i + 1] === LF ? i + 2 : i + 1;
    }
  }
  return 0;
}

/** Reads the events of a block of whole events. Comments and unknown fields are skipped, as are events without data. */
export function readSse(block: Buffer | string, each: (event: SseEvent) => void): void {
  const text = typeof block === "string" ? block : block.toString("utf8");
  let event = "";
  let data: string | undefined;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at <= text.length) {
    let end = at;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (code === LF || code === CR) break;
      end += 1;
    }
    if (end === at) {
      if (data !== undefined) each({ event, data });
      event = "";
      data = undefined;
    } else if (text.charCodeAt(at) !== 58 /* : */) {
      let colon = text.indexOf(":", at);
      if (colon === -1 || colon > end) colon = end;
      const value = text.slice(text.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1, end);
      const name = text.slice(at, colon);
      if (name === "data") data = data === undefined ? value : `${data}\n${value}`;
      else if (name === "event") event = value;
    }
    at = end + (text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? 2 : 1);
  }
  // A last event without its blank line is legal on the wire of several providers.
  if (data !== undefined) each({ event, data });
}

/** Wire text of one event. `event` empty means none is written. */
export function writeSse(data: string, event = ""): string {
  return event === "" ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
