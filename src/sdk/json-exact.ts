import { randomUUID } from "node:crypto";

// Unforgeable: a caller's string that looked like a hole would be filled with another's text.
const HOLE = `raw-json-${randomUUID()}-`;
const HOLES = new RegExp(`"${HOLE}(\\d+)"`, "g");

let texts: string[] | undefined;

/**
 * JSON text that goes into a larger JSON text exactly as it is: no number and no key order changes.
 * (Node 20 has no JSON.rawJSON.) Write it with `stringifyExact`.
 */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Called by JSON.stringify. */
  toJSON(): unknown {
    if (texts === undefined) return JSON.parse(this.text);
    texts.push(this.text);
    return `${HOLE}${texts.length - 1}`;
  }
}

/** JSON.stringify for values that may hold `RawJson`. Members that are undefined are left out. */
export function stringifyExact(value: unknown): string {
  const outer = texts;
  const mine: string[] = [];
  texts = mine;
  try {
    const text = JSON.stringify(value);
    if (mine.length === 0) return text;
    return text.replace(HOLES, (_hole, index: string) => mine[Number(index)] as string);
  } finally {
    texts = outer;
  }
}

// Numbers that a double bends (16 digits and more, trailing zeros, exponents, -0), and keys that look like array
// indices, which an object of JavaScript moves to its front.
const BENDS = /\d{16}|\.\d*0(?!\d)|\d[eE][+-]?\d|-0(?![.\d])|"\d+"\s*:/;

/**
 * JSON.parse, but members named in `raw` that hold an object or array are kept as `RawJson` when a parse could bend
 * them. Otherwise they are plain values, which is the fast and the usual case.
 */
export function parseExact(text: string, raw: ReadonlySet<string>): unknown {
  const plain = JSON.parse(text) as unknown;
  return BENDS.test(text) ? keepRaw(text, plain, raw) : plain;
}

/** The JSON text of a member that `parseExact` read: its own text where it was kept. */
export function textOf(value: unknown): string {
  return value instanceof RawJson ? value.text : JSON.stringify(value);
}

/** Walks the text beside its parsed value, to find where the members to keep lie. */
function keepRaw(text: string, plain: unknown, raw: ReadonlySet<string>): unknown {
  let at = 0;
  const skipSpace = (): void => {
    while (at < text.length && text.charCodeAt(at) <= 32) at += 1;
  };
  const readString = (): string => {
    const start = at;
    at += 1;
    while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at += 1;
    return text.slice(start, at);
  };
  const walk = (value: unknown): unknown => {
    skipSpace();
    const first = text[at];
    if (first === "{") {
      const object = value as Record<string, unknown>;
      at += 1;
      skipSpace();
      while (text[at] !== "}") {
        const name = JSON.parse(readString()) as string;
        skipSpace();
        at += 1; // the colon
        skipSpace();
        const start = at;
        const member = walk(object[name]);
        if (raw.has(name) && typeof member === "object" && member !== null) {
          object[name] = new RawJson(text.slice(start, at));
        }
        skipSpace();
        if (text[at] === ",") at += 1;
        skipSpace();
      }
      at += 1;
    } else if (first === "[") {
      const array = value as unknown[];
      at += 1;
      skipSpace();
      for (let i = 0; text[at] !== "]"; i += 1) {
        walk(array[i]);
        skipSpace();
        if (text[at] === ",") at += 1;
        skipSpace();
      }
      at += 1;
    } else if (first === '"') {
      readString();
    } else {
      while (at < text.length && !",]}".includes(text[at] as string) && text.charCodeAt(at) > 32) at += 1;
    }
    return value;
  };
  return walk(plain);
}
