import { asExtensions, extensionsOf, isObject, type JsonObject, type JsonValue, type Losses } from "../../sdk/index.js";
import { DIALECT } from "./wire.js";

/**
 * How the wire is remembered where the vocabulary does not tell it. Two kinds of memory lie in a noun's
 * `extensions["openai-responses"]`: fields that the vocabulary has no place for, by their wire names, and under `$form`
 * which of several forms a known fact came in. A field that does not reach another dialect is a loss; a form never is.
 * Of the forms, `nulls` names members that were null, and `as` holds members that say nothing to another dialect.
 * @module
 */

const FORM = "$form";

/** A noun that may hold fields of dialects. */
export interface Extended {
  readonly extensions?: JsonObject | undefined;
}

/** Takes a wire object apart: what nobody takes is kept for the noun's extensions. */
export class WireObject {
  /** Where the object lies, in the caller's words: `input[2]`. Empty for the body itself. */
  readonly path: string;
  readonly #rest: JsonObject;
  readonly #form: JsonObject = {};

  constructor(value: JsonObject, path: string) {
    this.path = path;
    // A spread, because a member called __proto__ must stay a member.
    this.#rest = { ...value };
    const nulls: string[] = [];
    for (const name in value) {
      if (value[name] !== null) continue;
      nulls.push(name);
      delete this.#rest[name];
    }
    if (nulls.length > 0) this.#form.nulls = nulls;
  }

  /** The path of a member. */
  at(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  /** The member's value; undefined when it is absent or null. It stays. */
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

  /** Notes the member as a form when its value says nothing that another dialect could lose. */
  hush(name: string, says: (value: JsonValue) => boolean = () => false): void {
    const value = this.#rest[name];
    if (value === undefined || says(value)) return;
    delete this.#rest[name];
    const { as } = this.#form;
    this.#form.as = { ...(isObject(as) ? as : {}), [name]: value };
  }

  /** Keeps a value under a wire name. */
  keep(name: string, value: JsonValue): void {
    this.#rest[name] = value;
  }

  /** Notes a form; undefined notes nothing. */
  note(name: string, form: JsonValue | undefined): void {
    if (form !== undefined) this.#form[name] = form;
  }

  /** What nobody took, and the forms: for an object that shares a noun with another. */
  leftover(): { fields: JsonObject; form: JsonObject } {
    return { fields: this.#rest, form: this.#form };
  }

  /** The noun's extensions. */
  extensions(): JsonObject | undefined {
    const fields = { ...this.#rest };
    for (const _ in this.#form) {
      fields[FORM] = this.#form;
      break;
    }
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
export function restore(out: JsonObject, noun: Extended | undefined): JsonObject {
  return noun?.extensions === undefined ? out : restoreFrom(out, fieldsOf(noun), formOf(noun));
}

/** The same for fields and forms that share a noun with another object. */
export function restoreFrom(out: JsonObject, fields: JsonObject, form: JsonObject): JsonObject {
  for (const name of Object.keys(fields)) {
    const mine = out[name];
    const kept = fields[name] as JsonValue;
    if (mine === undefined) out[name] = kept;
    else if (isObject(mine) && isObject(kept)) out[name] = { ...kept, ...mine };
  }
  if (isObject(form.as)) for (const name in form.as) out[name] ??= form.as[name] as JsonValue;
  if (Array.isArray(form.nulls)) for (const name of form.nulls) out[name as string] ??= null;
  return out;
}

/** Tells the fields of other dialects in a noun as losses. `path`: the noun, in the words of the vocabulary; empty for the request. */
export function tellForeign(noun: Extended, path: string, losses: Losses): void {
  const { extensions } = noun;
  if (extensions === undefined) return;
  for (const dialect of Object.keys(extensions)) {
    const fields = extensions[dialect];
    if (dialect === DIALECT || !isObject(fields)) continue;
    for (const name of Object.keys(fields)) {
      if (name.startsWith("$") || fields[name] === null) continue;
      losses.drop(
        `${path === "" ? "" : `${path}.`}extensions.${dialect}.${name}`,
        `Only the dialect ${dialect} has this field, and the target speaks ${DIALECT}.`,
      );
    }
  }
}

/** Tells the fields of this dialect in a noun that has no object of its own on the wire. */
export function tellOwn(noun: Extended, path: string, losses: Losses): void {
  for (const name of Object.keys(fieldsOf(noun))) {
    losses.drop(`${path}.extensions.${DIALECT}.${name}`, "The wire has no object of its own for it here.");
  }
}
