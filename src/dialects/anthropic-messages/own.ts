import {
  asExtensions,
  extensionsOf,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  RawJson,
} from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/**
 * How the wire is remembered where the vocabulary does not tell it. Two kinds of memory lie in a noun's
 * `extensions["anthropic-messages"]`: fields that the vocabulary has no place for, by their wire names (null ones
 * included), and under `$form` which of several forms a known fact came in. A field that does not reach another
 * dialect is a loss; a form never is. Of the forms, `as` holds members to write when nothing else does, and `without`
 * names members to leave out.
 * @module
 */

const FORM = "$form";

/** A noun that may hold fields of dialects. */
export interface Extended {
  readonly extensions?: JsonObject | undefined;
}

/** Takes a wire object apart: what nobody takes is kept for the noun's extensions. */
export class WireObject {
  readonly path: string;
  readonly #rest: JsonObject;
  #form: JsonObject | undefined;

  /** `path`: where the object lies, in the caller's words; empty for the body itself. */
  constructor(value: JsonObject, path: string) {
    this.path = path;
    // A spread, because a member called __proto__ must stay a member.
    this.#rest = { ...value };
  }

  /** The path of a member. */
  at(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  /** The member's value, which stays. */
  peek(name: string): JsonValue | undefined {
    return this.#rest[name];
  }

  /** The member's value, which is not kept any more. */
  take(name: string): JsonValue | undefined {
    const value = this.#rest[name];
    if (value !== undefined) delete this.#rest[name];
    return value;
  }

  /** Takes the member if it satisfies the test; otherwise it stays. */
  takeIf<V extends JsonValue>(name: string, test: (value: JsonValue | undefined) => value is V): V | undefined {
    const value = this.#rest[name];
    if (!test(value)) return undefined;
    delete this.#rest[name];
    return value;
  }

  /** Keeps a value under a wire name. */
  keep(name: string, value: JsonValue): void {
    this.#rest[name] = value;
  }

  /** Notes a form. */
  note(name: string, form: JsonValue): void {
    this.#form ??= {};
    this.#form[name] = form;
  }

  /** Notes a member that says nothing to other dialects, to be written as it was. */
  noteAs(name: string, value: JsonValue): void {
    const { as } = this.#form ?? {};
    this.note("as", { ...(isObject(as) ? as : {}), [name]: value });
  }

  /** Notes that a member, which the encoder would write, was not there. */
  noteWithout(name: string): void {
    const { without } = this.#form ?? {};
    this.note("without", [...(Array.isArray(without) ? without : []), name]);
  }

  /** The noun's extensions. */
  extensions(): JsonObject | undefined {
    const fields = this.#rest;
    for (const name in fields) fields[name] = plain(fields[name] as JsonValue);
    if (this.#form !== undefined) fields[FORM] = this.#form;
    return asExtensions(DIALECT, fields);
  }
}

/** The forms that were noted for a noun; empty when there are none. */
export function formOf(noun: Extended | undefined): JsonObject {
  const form = noun?.extensions && extensionsOf(noun, DIALECT)?.[FORM];
  return isObject(form) ? form : {};
}

/** The kept fields of a noun, forms left out. */
export function fieldsOf(noun: Extended | undefined): JsonObject {
  const kept = noun?.extensions && extensionsOf(noun, DIALECT);
  if (kept === undefined) return {};
  const { [FORM]: _, ...fields } = kept;
  return fields;
}

/** Adds what was kept of a noun to its wire object. Objects on both sides are joined; the encoder's members win. */
export function restore(out: JsonObject, noun: Extended): JsonObject {
  if (noun.extensions === undefined) return out;
  const fields = fieldsOf(noun);
  for (const name in fields) put(out, name, fields[name] as JsonValue);
  const { as, without } = formOf(noun);
  if (isObject(as)) for (const name in as) put(out, name, as[name] as JsonValue);
  if (Array.isArray(without)) for (const name of without) delete out[name as string];
  return out;
}

function put(out: JsonObject, name: string, kept: JsonValue): void {
  const mine = out[name];
  if (mine === undefined) out[name] = kept;
  else if (isObject(mine) && isObject(kept)) out[name] = { ...kept, ...mine };
}

/** Tells the fields of other dialects in a noun as losses. `path`: the noun, in the words of the vocabulary; empty for the request. */
export function tellForeign(noun: Extended, path: string, losses: Losses): void {
  const { extensions } = noun;
  if (extensions === undefined) return;
  for (const dialect in extensions) {
    const fields = extensions[dialect];
    if (dialect === DIALECT || !isObject(fields)) continue;
    for (const name in fields) {
      if (name.startsWith("$") || fields[name] === null) continue;
      losses.drop(
        `${path === "" ? "" : `${path}.`}extensions.${dialect}.${name}`,
        `Only the dialect ${dialect} has this field, and the target speaks ${DIALECT}.`,
      );
    }
  }
}

/** A value that `parseExact` read, without the raw texts in it: for places that hold plain JSON. */
export function plain(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if ((value as unknown) instanceof RawJson) return JSON.parse((value as unknown as RawJson).text) as JsonValue;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) value[i] = plain(value[i] as JsonValue);
  } else {
    for (const name of Object.keys(value)) {
      const member = value[name];
      if (typeof member === "object" && member !== null) value[name] = plain(member);
    }
  }
  return value;
}

/** Tells the fields of this dialect in a noun that has no object of its own on the wire. */
export function tellOwn(noun: Extended, path: string, losses: Losses): void {
  for (const name of Object.keys(fieldsOf(noun))) {
    losses.drop(`${path}.extensions.${DIALECT}.${name}`, "The wire has no object of its own for it here.");
  }
}
