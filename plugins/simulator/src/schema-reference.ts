import { isObject, type JsonObject, type JsonValue } from "@parlance/sdk";

/** A JSON schema: an object of keywords, or true for anything, or false for nothing. */
export type Schema = JsonObject | boolean;

/** The value as a schema; what is none allows anything. */
export function asSchema(value: JsonValue | undefined): Schema {
  return typeof value === "boolean" || isObject(value) ? value : true;
}

/** A list of schemas; empty when the value is not a list. */
export function asSchemas(value: JsonValue | undefined): Schema[] {
  return Array.isArray(value) ? value.map(asSchema) : [];
}

/** The members of an object of schemas; empty when the value is not an object. */
export function asMembers(value: JsonValue | undefined): Record<string, Schema> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asSchema(member)]));
}

/**
 * The schema that a `$ref` names: `#`, a JSON pointer (`#/$defs/node`), or an anchor or `$id` within the same
 * document. False, which nothing obeys, when there is none: other documents are never fetched.
 */
export function resolveReference(root: Schema, reference: string): Schema {
  if (reference === "#") return root;
  if (reference.startsWith("#/")) {
    const steps = reference
      .slice(2)
      .split("/")
      .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
    let at: JsonValue | undefined = root;
    for (const step of steps) {
      if (Array.isArray(at)) at = at[Number(step)];
      else if (isObject(at) && Object.hasOwn(at, step)) at = at[step];
      else return false;
    }
    return at === undefined ? false : asSchema(at);
  }
  return findNamed(root, reference) ?? false;
}

function findNamed(at: JsonValue, reference: string): Schema | undefined {
  if (Array.isArray(at)) {
    for (const item of at) {
      const found = findNamed(item, reference);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isObject(at)) return undefined;
  if (at.$id === reference || (typeof at.$anchor === "string" && `#${at.$anchor}` === reference)) return at;
  for (const value of Object.values(at)) {
    const found = findNamed(value, reference);
    if (found !== undefined) return found;
  }
  return undefined;
}
