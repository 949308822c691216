import {
  asExtensions,
  extensionsOf,
  isObject,
  type JsonObject,
  type JsonValue,
  type Losses,
  RawJson,
} from "@parlance/sdk";
import { DIALECT } from "./wire.js";

/** A noun that may hold fields of dialects. */
export interface Extended {
  readonly extensions?: JsonObject | undefined;
}

/** The fields of this dialect in a noun; empty when there are none. */
export function fieldsOf(noun: Extended | undefined): JsonObject {
  return (noun && extensionsOf(noun, DIALECT)) ?? {};
}

/** Fields that the vocabulary has no place for, as a noun's extensions; undefined when there are none. */
export function keep(fields: JsonObject): JsonObject | undefined {
  return asExtensions(DIALECT, plain(fields) as JsonObject);
}

/** Adds what was kept of a noun to its wire object. Objects on both sides are joined; the encoder's members win. */
export function restore(out: JsonObject, noun: Extended): JsonObject {
  return joined(fieldsOf(noun), out);
}

function joined(kept: JsonObject, mine: JsonObject): JsonObject {
  const out: JsonObject = { ...mine };
  for (const [name, value] of Object.entries(kept)) {
    const own = out[name];
    if (own === undefined) out[name] = value;
    // Exact text has no members to join.
    else if (isObject(own) && isObject(value) && !((own as unknown) instanceof RawJson)) out[name] = joined(value, own);
  }
  return out;
}

/**
 * Tells the fields of other dialects in a noun as losses. `path`: the noun, in the words of the vocabulary; empty for the
 * request.
 */
export function tellForeign(noun: Extended, path: string, losses: Losses): void {
  for (const [dialect, fields] of Object.entries(noun.extensions ?? {})) {
    if (dialect === DIALECT || !isObject(fields)) continue;
    for (const [name, value] of Object.entries(fields)) {
      if (name.startsWith("$") || value === null) continue;
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

/** A value that `parseExact` read, without the raw texts in it: for places that hold plain JSON. */
function plain(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if ((value as unknown) instanceof RawJson) return JSON.parse((value as unknown as RawJson).text) as JsonValue;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
