import { isObject, type JsonObject, JsonSyntaxError, skim, type Usage } from "../../sdk/index.js";

/** Usage comes last: after the pictures, the text, the events. */
const KEPT_BYTES = 64 * 1024;
const USAGE = Buffer.from('"usage"');
const MAX_TRIES = 8;

/** Keeps the end of an answer that passes, and finds the member `usage` in it: in a JSON body or in the last event. */
export class UsageTail {
  readonly #read: (usage: JsonObject) => Usage | undefined;
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(read: (usage: JsonObject) => Usage | undefined) {
    this.#read = read;
  }

  push(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    while (this.#pieces.length > 1 && this.#size - (this.#pieces[0] as Buffer).length >= KEPT_BYTES) {
      this.#size -= (this.#pieces.shift() as Buffer).length;
    }
    // Many small events must not become a long list.
    if (this.#pieces.length > 256) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  /** The usage as far as it has come. */
  usage(): Usage | undefined {
    const tail = Buffer.concat(this.#pieces);
    let at = tail.lastIndexOf(USAGE);
    for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries += 1) {
      const value = objectAfter(tail, at + USAGE.length);
      const usage = value === undefined ? undefined : this.#read(value);
      if (usage !== undefined) return usage;
      at = at === 0 ? -1 : tail.lastIndexOf(USAGE, at - 1);
    }
    return undefined;
  }
}

/** The object that is a member's value; undefined when it is none, or is cut off. */
function objectAfter(bytes: Buffer, from: number): JsonObject | undefined {
  const colon = skipSpace(bytes, from);
  if (bytes[colon] !== 58 /* : */) return undefined;
  const start = skipSpace(bytes, colon + 1);
  if (bytes[start] !== 123 /* { */) return undefined;
  // What follows the object is the only thing wrong with it, and tells where it ends.
  const end = endOf(bytes, start);
  if (end === undefined) return undefined;
  try {
    const value = JSON.parse(bytes.toString("utf8", start, end)) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function endOf(bytes: Buffer, start: number): number | undefined {
  const rest = bytes.subarray(start);
  try {
    return start + skim(rest).close + 1;
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError) || !thrown.message.startsWith("unexpected text")) return undefined;
    // Between the object and what follows it there is nothing but space.
    return start + rest.lastIndexOf(125 /* } */, thrown.offset - 1) + 1;
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9) at += 1;
  return at;
}
