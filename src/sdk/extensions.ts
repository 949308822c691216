import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** The fields that one dialect keeps in a noun's `extensions`; undefined when it keeps none. */
export function extensionsOf(
  noun: { readonly extensions?: JsonObject | undefined },
  dialect: string,
): JsonObject | undefined {
  const found = noun.extensions?.[dialect];
  return typeof found === "object" && found !== null && !Array.isArray(found) ? found : undefined;
}

/** Wraps fields as the `extensions` of a noun; undefined when there are none, so that a noun without stays bare. */
export function asExtensions(dialect: string, fields: JsonObject): JsonObject | undefined {
  for (const _ in fields) return { [dialect]: fields };
  return undefined;
}

/** Whether a value is a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value's kind in the words that a caller knows: for error messages. */
export function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
