/** One member of a JSON object: where its value lies in the bytes. */
export interface Member {
  /** Offset of the value's first byte. */
  readonly start: number;
  /** Offset after the value's last byte. */
  readonly end: number;
}

/** The top-level members of a JSON object, and where the object itself ends. A repeated name keeps its last value, as JSON.parse has it. */
export interface Members {
  readonly byName: ReadonlyMap<string, Member>;
  /** Offset of the byte after the opening brace. */
  readonly open: number;
  /** Offset of the closing brace. */
  readonly close: number;
  /** The names that the top level has more than once; undefined when there is none. */
  readonly repeated: ReadonlySet<string> | undefined;
  /** Whether an object within holds a member of the noted name; undefined when none was noted. */
  readonly noted: boolean | undefined;
}

/** The text is not a JSON object. `offset` is where it stops being one. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} at byte ${offset}`, options);
    this.name = "JsonSyntaxError";
    this.offset = offset;
  }
}

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const UPPER_E = 69;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const LOWER_E = 101;
const LOWER_F = 102;
const LOWER_N = 110;
const LOWER_T = 116;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const COMMA_TEXT = Buffer.from(",");
const MAX_DEPTH = 512;
// Bytes from one quote to the next from which on a native search is cheaper than a walk.
const WORTH_A_SEARCH = 128;

/**
 * Finds the top-level members of a JSON object without building it, and checks its grammar on the way. On prompts it
 * costs a half of JSON.parse, less than a tenth where strings are long (a native search skips them), and about the same
 * where text is full of escaped quotes. The inside of
 * strings is not checked beyond their end. Throws a JsonSyntaxError; nothing deeper than 512 is taken.
 *
 * `note`: a member name in plain ASCII, of which `Members.noted` will tell whether it occurs below the top.
 */
export function skim(bytes: Buffer, note?: string): Members {
  let at = space(bytes, bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0);
  if (bytes[at] !== OPEN_BRACE) throw new JsonSyntaxError("expected a JSON object", at);
  const byName = new Map<string, Member>();
  let repeated: Set<string> | undefined;
  const watch = note === undefined ? undefined : { name: Buffer.from(`"${note}"`), seen: false };
  const open = at + 1;
  at = space(bytes, open);
  if (bytes[at] !== CLOSE_BRACE) {
    for (;;) {
      if (bytes[at] !== QUOTE) throw new JsonSyntaxError("expected a member name", at);
      const nameEnd = stringEnd(bytes, at);
      const name = memberName(bytes, at, nameEnd);
      at = space(bytes, nameEnd);
      if (bytes[at] !== COLON) throw new JsonSyntaxError("expected ':'", at);
      const start = space(bytes, at + 1);
      const end = valueEnd(bytes, start, watch);
      if (byName.has(name)) (repeated ??= new Set()).add(name);
      byName.set(name, { start, end });
      at = space(bytes, end);
      if (bytes[at] === CLOSE_BRACE) break;
      if (bytes[at] !== COMMA) throw new JsonSyntaxError("expected ',' or '}'", at);
      at = space(bytes, at + 1);
    }
  }
  const close = at;
  const after = space(bytes, close + 1);
  if (after !== bytes.length) throw new JsonSyntaxError("unexpected text after the object", after);
  return { byName, open, close, repeated, noted: watch?.seen };
}

/**
 * The parsed value of a member; undefined when there is no such member. Throws a JsonSyntaxError when a string in it
 * is not one.
 */
export function readMember(bytes: Buffer, members: Members, name: string): unknown {
  const member = members.byName.get(name);
  return member === undefined ? undefined : parsePart(bytes.toString("utf8", member.start, member.end), member.start);
}

/**
 * The bytes without a top-level member, wherever, however often and in whatever spelling it stands. `members` is what
 * `skim` found in these bytes.
 */
export function cutMember(bytes: Buffer, members: Members, name: string): Buffer {
  const pieces: Buffer[] = [bytes.subarray(0, members.open)];
  let at = members.open;
  while (at < members.close) {
    const quote = space(bytes, at);
    if (quote === members.close) break;
    const nameEnd = stringEnd(bytes, quote);
    const end = valueEnd(bytes, space(bytes, space(bytes, nameEnd) + 1), undefined);
    if (memberName(bytes, quote, nameEnd) !== name) {
      if (pieces.length > 1) pieces.push(COMMA_TEXT);
      pieces.push(bytes.subarray(at, end));
    }
    const after = space(bytes, end);
    at = after === members.close ? after : after + 1;
  }
  pieces.push(bytes.subarray(members.close));
  return Buffer.concat(pieces);
}

/** The edit that cuts a top-level member out, with the comma that belonged to it; undefined when it is not there. */
export function memberCut(
  bytes: Buffer,
  members: Members,
  name: string,
): { start: number; end: number; text: string } | undefined {
  const member = members.byName.get(name);
  if (member === undefined) return undefined;
  const start = bytes.lastIndexOf(`"${name}"`, member.start);
  if (start === -1) return undefined;
  let before = start - 1;
  while (isSpace(bytes[before])) before -= 1;
  if (bytes[before] === COMMA) return { start: before, end: member.end, text: "" };
  const after = space(bytes, member.end);
  return { start, end: bytes[after] === COMMA ? after + 1 : after, text: "" };
}

/** The bytes with some ranges replaced. `edits` are in the order of their offsets and do not overlap. */
export function splice(bytes: Buffer, edits: readonly { start: number; end: number; text: string }[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const edit of edits) {
    pieces.push(bytes.subarray(at, edit.start), Buffer.from(edit.text));
    at = edit.end;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
}

function memberName(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString("utf8", start + 1, end - 1);
  return raw.includes("\\") ? (parsePart(`"${raw}"`, start) as string) : raw;
}

function parsePart(text: string, offset: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JsonSyntaxError("a string holds what JSON does not allow in one,", offset, { cause });
  }
}

function space(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const byte = bytes[i];
    if (!isSpace(byte)) return i;
    i += 1;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

/** Offset after the string that begins at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  let i = at + 1;
  // A native search has its price: names, short values and text full of escaped quotes are cheaper to walk.
  let walk = 24;
  for (;;) {
    const near = Math.min(i + walk, bytes.length);
    while (i < near) {
      const byte = bytes[i];
      if (byte === QUOTE) return i + 1;
      i += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, i);
    if (quote === -1) throw new JsonSyntaxError("a string does not end", at);
    let slashes = 0;
    while (quote - 1 - slashes >= i && bytes[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    walk = quote - i < WORTH_A_SEARCH ? 4 * WORTH_A_SEARCH : 0;
    i = quote + 1;
  }
}

/** The name that is looked for below the top, quotes included. */
interface Watch {
  readonly name: Buffer;
  seen: boolean;
}

function look(bytes: Buffer, at: number, watch: Watch): void {
  for (let i = 1; i < watch.name.length; i += 1) if (bytes[at + i] !== watch.name[i]) return;
  watch.seen = true;
}

/** Offset after the value that begins at `start`. */
function valueEnd(bytes: Buffer, start: number, watch: Watch | undefined): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return scalarEnd(bytes, start);
  return containerEnd(bytes, start, watch);
}

/** Walks an object or array with its nested ones, without recursion. */
function containerEnd(bytes: Buffer, start: number, watch: Watch | undefined): number {
  const stack: number[] = [];
  let inside = 0;
  let at = start;
  // True where a value must come; false where ',' or a close must.
  let wantsValue = true;
  let mayClose = false;
  for (;;) {
    at = space(bytes, at);
    const byte = bytes[at];
    if (byte === undefined) throw new JsonSyntaxError("the text ends too early", at);
    if (wantsValue && !(mayClose && byte === inside)) {
      if (inside === CLOSE_BRACE) {
        if (byte !== QUOTE) throw new JsonSyntaxError("expected a member name", at);
        const nameEnd = stringEnd(bytes, at);
        if (watch !== undefined && nameEnd - at === watch.name.length) look(bytes, at, watch);
        at = space(bytes, nameEnd);
        if (bytes[at] !== COLON) throw new JsonSyntaxError("expected ':'", at);
        at = space(bytes, at + 1);
      }
      const value = bytes[at];
      if (value === OPEN_BRACE || value === OPEN_BRACKET) {
        inside = value === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
        stack.push(inside);
        if (stack.length > MAX_DEPTH) throw new JsonSyntaxError(`nested deeper than ${MAX_DEPTH}`, at);
        at += 1;
        mayClose = true;
      } else {
        at = value === QUOTE ? stringEnd(bytes, at) : scalarEnd(bytes, at);
        wantsValue = false;
      }
    } else if (byte === inside) {
      stack.pop();
      at += 1;
      if (stack.length === 0) return at;
      inside = stack[stack.length - 1] as number;
      wantsValue = false;
    } else if (byte === COMMA) {
      at += 1;
      wantsValue = true;
      mayClose = false;
    } else {
      throw new JsonSyntaxError(`expected ',' or '${String.fromCharCode(inside)}'`, at);
    }
  }
}

/** Offset after the number or word that begins at `start`. What follows it is for the caller to judge. */
function scalarEnd(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === LOWER_T) return wordEnd(bytes, start, "true");
  if (first === LOWER_F) return wordEnd(bytes, start, "false");
  if (first === LOWER_N) return wordEnd(bytes, start, "null");
  let at = first === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at);
  if (bytes[at] === POINT) at = digitsEnd(bytes, at + 1);
  if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
    const sign = bytes[at + 1];
    at = digitsEnd(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

function wordEnd(bytes: Buffer, start: number, word: string): number {
  for (let i = 1; i < word.length; i += 1) {
    if (bytes[start + i] !== word.charCodeAt(i)) throw new JsonSyntaxError("expected a value", start);
  }
  return start + word.length;
}

/** Offset after the digits that begin at `at`; there must be one. */
function digitsEnd(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const byte = bytes[i];
    if (byte === undefined || byte < ZERO || byte > NINE) break;
    i += 1;
  }
  if (i === at) throw new JsonSyntaxError("expected a value", at);
  return i;
}
