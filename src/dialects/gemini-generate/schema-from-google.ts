import { isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";

const TYPES: ReadonlySet<string> = new Set(["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]);
/** Counts that the wire writes as texts, since they are 64 bits wide. */
const COUNTS: ReadonlySet<string> = new Set([
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);

/**
 * Google's schema, a part of OpenAPI 3.0, as JSON schema: types in small letters, `nullable` as a second type,
 * `example` as `examples`. https://ai.google.dev/api/caching#Schema
 */
export function schemaFromGoogle(schema: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const name in schema) {
    const value = schema[name] as JsonValue;
    if (name === "type" && typeof value === "string") {
      if (value !== "TYPE_UNSPECIFIED") out.type = TYPES.has(value) ? value.toLowerCase() : value;
    } else if (name === "properties" && isObject(value)) {
      const properties: JsonObject = {};
      for (const key in value) properties[key] = inner(value[key] as JsonValue);
      out.properties = properties;
    } else if (name === "items" || name === "anyOf") {
      out[name] = Array.isArray(value) ? value.map(inner) : inner(value);
    } else if (COUNTS.has(name) && typeof value === "string" && /^\d+$/.test(value)) {
      out[name] = Number(value);
    } else if (name === "example") {
      out.examples = [value];
    } else if (name !== "nullable" || typeof value !== "boolean") {
      out[name] = value;
    }
  }
  return schema.nullable === true ? orNull(out) : out;
}

function inner(value: JsonValue): JsonValue {
  return isObject(value) ? schemaFromGoogle(value) : value;
}

function orNull(schema: JsonObject): JsonObject {
  const { type } = schema;
  const out: JsonObject = { ...schema };
  if (typeof type === "string") out.type = [type, "null"];
  else if (Array.isArray(schema.anyOf)) out.anyOf = [...schema.anyOf, { type: "null" }];
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) out.enum = [...schema.enum, null];
  return out;
}
