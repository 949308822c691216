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
 * `extensions.gemini`: fields that the vocabulary has no place for, by their wire names, and under `$form` which of
 * several forms a known fact came in. A field that does not reach another dialect is a loss; a form never is.
 * Of the forms, `as` holds members to write when nothing else does, `without` names members to leave out, `snake` names
 * members that were spelled `like_this`, which Google's parser takes as well as `likeThis`
 * (https://protobuf.dev/programming-guides/json/), and `in` holds the forms of objects within.
 * @module
 */

const FORM = "$form";

/** A noun that may hold fields of dialects. */
export interface Extended {
  readonly extensions?: JsonObject | undefined;
}

/** Takes a wire object apart, in either spelling of its names: what nobody takes is kept for the noun's extensions. */
export class WireObject {
  readonly path: string;
  readonly #rest: JsonObject;
  readonly #form: JsonObject = {};
  readonly #groups = new Map<string, WireObject>();

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
    return this.#rest[name] ?? this.#rest[snakeOf(name)];
  }

  /** The member's value, which is not kept any more; null stays. */
  take(name: string): JsonValue | undefined {
    const spelled = Object.hasOwn(this.#rest, name) ? name : snakeOf(name);
    const value = this.#rest[spelled];
    if (value === undefined || value === null) return undefined;
    delete this.#rest[spelled];
    if (spelled !== name) this.#add("snake", name);
    return value;
  }

  /** Takes the member if it satisfies the test; otherwise it stays. */
  takeIf<V extends JsonValue>(name: string, test: (value: JsonValue | undefined) => value is V): V | undefined {
    return test(this.peek(name)) ? (this.take(name) as V) : undefined;
  }

  /** Takes a member that is a list; one item that stands for a list of it, as Google's parser has it, is noted. */
  takeList(name: string): JsonValue[] | undefined {
    const value = this.take(name);
    if (value === undefined || Array.isArray(value)) return value;
    this.#add("single", name);
    return [value];
  }

  /** An object within, to be taken apart too; undefined when there is none. */
  group(name: string): WireObject | undefined {
    const value = this.takeIf(name, isObject);
    if (value === undefined) return undefined;
    const group = new WireObject(value, this.at(name));
    for (const _ in value) {
      this.#groups.set(name, group);
      return group;
    }
    this.noteAs(name, {});
    return group;
  }

  /** Keeps a value under a wire name. */
  keep(name: string, value: JsonValue): void {
    this.#rest[name] = value;
  }

  /** Notes a form. */
  note(name: string, form: JsonValue): void {
    this.#form[name] = form;
  }

  /** Notes a member that says nothing to other dialects, to be written as it was. */
  noteAs(name: string, value: JsonValue): void {
    const { as } = this.#form;
    this.#form.as = { ...(isObject(as) ? as : {}), [name]: value };
  }

  /** Notes that a member, which the encoder would write, was not there. */
  noteWithout(name: string): void {
    this.#add("without", name);
  }

  /** The noun's extensions. */
  extensions(): JsonObject | undefined {
    const { fields, form } = this.#memory();
    for (const _ in form) {
      fields[FORM] = form;
      break;
    }
    return asExtensions(DIALECT, fields);
  }

  #memory(): { fields: JsonObject; form: JsonObject } {
    const fields = this.#rest;
    const form = this.#form;
    for (const name in fields) fields[name] = plain(fields[name] as JsonValue);
    for (const [name, group] of this.#groups) {
      const inner = group.#memory();
      if (Object.keys(inner.fields).length > 0) fields[name] = inner.fields;
      if (Object.keys(inner.form).length > 0) form.in = { ...(isObject(form.in) ? form.in : {}), [name]: inner.form };
    }
    return { fields, form };
  }

  #add(list: string, name: string): void {
    const before = this.#form[list];
    this.#form[list] = Array.isArray(before) ? [...before, name] : [name];
  }
}

function snakeOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The forms that were noted for a noun; empty when there are none. */
export function formOf(noun: Extended | undefined): JsonObject {
  const form = noun?.extensions && extensionsOf(noun, DIALECT)?.[FORM];
  return isObject(form) ? form : {};
}

/** The forms of an object within a noun. */
export function formIn(form: JsonObject, name: string): JsonObject {
  const inner = isObject(form.in) ? form.in[name] : undefined;
  return isObject(inner) ? inner : {};
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
  join(out, fieldsOf(noun));
  reform(out, formOf(noun));
  return out;
}

function join(out: JsonObject, kept: JsonObject): void {
  for (const name in kept) {
    const mine = out[name];
    const value = kept[name] as JsonValue;
    if (mine === undefined) out[name] = value;
    else if (isObject(mine) && isObject(value)) join(mine, value);
  }
}

function reform(out: JsonObject, form: JsonObject): void {
  const { as, without, single, snake, in: within } = form;
  if (isObject(as)) for (const name in as) out[name] = as[name] as JsonValue;
  if (Array.isArray(without)) for (const name of without) delete out[name as string];
  if (isObject(within)) {
    for (const name in within) {
      const inner = out[name];
      if (isObject(inner)) reform(inner, within[name] as JsonObject);
    }
  }
  for (const name of names(single)) {
    const list = out[name];
    if (Array.isArray(list) && list.length === 1) out[name] = list[0] as JsonValue;
  }
  for (const name of names(snake)) {
    if (out[name] === undefined) continue;
    out[snakeOf(name)] = out[name];
    delete out[name];
  }
}

function names(list: JsonValue | undefined): string[] {
  return Array.isArray(list) ? (list as string[]) : [];
}

/** Tells the fields of other dialects in a noun as losses. `path`: the noun, in the words of the vocabulary; empty for the request. */
export function tellForeign(noun: Extended, path: string, losses: Losses, known: ReadonlySet<string> = NONE): void {
  const { extensions } = noun;
  if (extensions === undefined) return;
  for (const dialect in extensions) {
    const fields = extensions[dialect];
    if (dialect === DIALECT || !isObject(fields)) continue;
    for (const name in fields) {
      if (name.startsWith("$") || fields[name] === null || known.has(name)) continue;
      losses.drop(
        `${path === "" ? "" : `${path}.`}extensions.${dialect}.${name}`,
        `Only the dialect ${dialect} has this field, and the target speaks ${DIALECT}.`,
      );
    }
  }
}

const NONE: ReadonlySet<string> = new Set();

/** A value that `parseExact` read, without the raw texts in it: for places that hold plain JSON. */
export function plain<V extends JsonValue>(value: V): V {
  return settled(value) as V;
}

function settled(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if ((value as unknown) instanceof RawJson) return JSON.parse((value as unknown as RawJson).text) as JsonValue;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) value[i] = settled(value[i] as JsonValue);
  } else {
    for (const name of Object.keys(value)) {
      const member = value[name];
      if (typeof member === "object" && member !== null) value[name] = settled(member);
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
