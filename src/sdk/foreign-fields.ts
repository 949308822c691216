import type { JsonObject } from "@bufbuild/protobuf";
import { extensionsOf, isObject } from "./extensions.js";
import type { Losses } from "./losses.js";

interface Extended {
  readonly extensions?: JsonObject | undefined;
}

/**
 * Tells the fields that other dialects keep in a noun as losses. `path`: the noun, in the words of the vocabulary; empty
 * for the request itself. Members that begin with `$` are a dialect's own notes and no fields.
 */
export function tellForeignFields(noun: Extended, path: string, dialect: string, losses: Losses): void {
  for (const other in noun.extensions) {
    const fields = noun.extensions[other];
    if (other === dialect || !isObject(fields)) continue;
    for (const name in fields) {
      if (name.startsWith("$") || fields[name] === null) continue;
      losses.drop(
        pathTo(path, other, name),
        `Only the dialect ${other} has this field, and the target speaks ${dialect}.`,
      );
    }
  }
}

/** The fields that a dialect keeps in a noun, its own notes left out. */
export function ownFields(noun: Extended, dialect: string): JsonObject {
  const kept = extensionsOf(noun, dialect) ?? {};
  const fields: JsonObject = {};
  for (const name in kept) if (!name.startsWith("$") && kept[name] !== undefined) fields[name] = kept[name];
  return fields;
}

/** Tells the fields that the target's own dialect keeps in a noun for which the wire has no object of its own. */
export function tellHomelessFields(noun: Extended, path: string, dialect: string, losses: Losses): void {
  for (const name in ownFields(noun, dialect)) {
    losses.drop(pathTo(path, dialect, name), "The wire has no object of its own for it here.");
  }
}

function pathTo(path: string, dialect: string, name: string): string {
  return `${path === "" ? "" : `${path}.`}extensions.${dialect}.${name}`;
}
