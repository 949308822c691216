import { isObject, type JsonObject, type JsonValue } from "../../src/sdk/index.js";

/** A piece of an answer: all of one that is whole, or an event of a stream with its name. */
export interface Told {
  readonly event: string;
  readonly payload: JsonObject;
}

/** An answer as it might also have come. */
export interface Mutant {
  /** What was done, and where, without numbers: two of one shape try the same thing. */
  readonly what: string;
  readonly pieces: readonly Told[];
  /**
   * `same`: it still says all that it said, and nothing of what is read may change. `events`: an event does not come, or
   * comes twice. `absurd`: a value has become one of another type, so that no one knows what is meant.
   */
  readonly kind: "same" | "events" | "member" | "absurd";
}

/** A member that no server has told yet. */
const UNKNOWN = "zz_unknown";

/** Members whose own members are the caller's words and not the wire's. */
const FREE: ReadonlySet<string> = new Set(["input", "args", "arguments", "json", "logprobs", "top_logprobs", "bytes"]);

/** What an answer may turn into, one change at a time. */
export function* mutantsOf(pieces: readonly Told[], streamed: boolean): Generator<Mutant> {
  const whole = (change: (value: JsonValue) => JsonValue, what: string): Mutant => ({
    what,
    pieces: pieces.map(({ event, payload }) => ({ event, payload: everywhere(payload, change) as JsonObject })),
    kind: "same",
  });
  yield whole(withUnknown, "unknown members everywhere");
  yield whole(reversed, "members in another order");
  if (streamed) yield* withEvents(pieces);
  for (const [at, { event, payload }] of pieces.entries()) {
    for (const path of pathsOf(payload)) {
      const shape = `${nameOf({ event, payload })} ${path.map((step) => (typeof step === "number" ? "[]" : step)).join(".")}`;
      for (const [name, change] of CHANGES) {
        if (WORDED.has(name) && (path.join(".") === "type" || SAID.has(path.at(-1) as string))) continue;
        const changed = changeAt(payload, path, change);
        if (changed === undefined) continue;
        const mutated = pieces.map((one, index) => (index === at ? { event, payload: changed } : one));
        yield { what: `${name}: ${shape}`, pieces: mutated, kind: name.includes(" as ") ? "absurd" : "member" };
      }
    }
  }
}

/** Changes of words: an event of another type is one that is not known, and what is said is no word of the wire. */
const WORDED: ReadonlySet<string> = new Set(["unknown word", "empty text"]);
const SAID: ReadonlySet<string> = new Set(["text", "content", "delta", "thinking", "refusal"]);

function nameOf({ event, payload }: Told): string {
  return typeof payload.type === "string" ? payload.type : event;
}

/** Events that are not known, that do not come, or come twice. */
function* withEvents(pieces: readonly Told[]): Generator<Mutant> {
  const unknown: Told = { event: "zz_event", payload: { type: "zz_event", [UNKNOWN]: { deep: [1, "two"] } } };
  for (const [at, piece] of pieces.entries()) {
    const before = pieces.slice(0, at);
    const rest = pieces.slice(at + 1);
    const shape = nameOf(piece);
    // After the last event there is nothing to read.
    yield {
      what: `unknown event before ${shape}`,
      pieces: [...before, unknown, piece, ...rest],
      kind: "same",
    };
    yield { what: `no ${shape}`, pieces: [...before, ...rest], kind: "events" };
    yield { what: `twice ${shape}`, pieces: [...before, piece, piece, ...rest], kind: "events" };
  }
}

type Path = readonly (string | number)[];

/** Gives the new value; undefined for none at all; the same value where there is nothing to change. */
type Change = (value: JsonValue) => JsonValue | undefined;

const CHANGES: readonly (readonly [string, Change])[] = [
  ["null", () => null],
  ["missing", () => undefined],
  ["unknown word", (value) => (typeof value === "string" && /^[A-Za-z_]{3,30}$/.test(value) ? "zz_new" : value)],
  ["empty text", (value) => (typeof value === "string" ? "" : value)],
  ["empty list", (value) => (Array.isArray(value) ? [] : value)],
  ["list of null", (value) => (Array.isArray(value) ? [null, ...value] : value)],
  ["empty object", (value) => (isObject(value) ? {} : value)],
  ["broken number", (value) => (typeof value === "number" ? value + 0.5 : value)],
  ["negative number", (value) => (typeof value === "number" ? -7 : value)],
  ["huge number", (value) => (typeof value === "number" ? 1e15 : value)],
  ["number as text", (value) => (typeof value === "number" ? String(value) : value)],
  ["text as number", (value) => (typeof value === "string" ? 7 : value)],
  ["object as list", (value) => (isObject(value) ? [value] : value)],
  ["object as text", (value) => (isObject(value) ? "words" : value)],
];

function* pathsOf(value: JsonValue, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (FREE.has(path.at(-1) as string)) return;
  const members = Array.isArray(value) ? value.entries() : isObject(value) ? Object.entries(value) : [];
  for (const [step, member] of members) yield* pathsOf(member, [...path, step]);
}

/** Undefined where nothing changes. */
function changeAt(payload: JsonObject, path: Path, change: Change): JsonObject | undefined {
  const copy = structuredClone(payload);
  let parent: JsonValue = copy;
  for (const step of path.slice(0, -1)) parent = (parent as JsonObject)[step] as JsonValue;
  const last = path.at(-1) as string;
  const old = (parent as JsonObject)[last] as JsonValue;
  const value = change(old);
  if (JSON.stringify(value) === JSON.stringify(old)) return undefined;
  if (value !== undefined) (parent as JsonObject)[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as JsonObject)[last];
  return copy;
}

function everywhere(value: JsonValue, change: (value: JsonValue) => JsonValue, name?: string): JsonValue {
  if (name !== undefined && FREE.has(name)) return value;
  if (Array.isArray(value)) return value.map((item) => everywhere(item, change));
  if (!isObject(value)) return value;
  return change(
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, everywhere(member, change, key)])),
  );
}

function withUnknown(value: JsonValue): JsonValue {
  return { ...(value as JsonObject), [UNKNOWN]: { deep: [1, "two"] } };
}

function reversed(value: JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(value as JsonObject).reverse());
}
