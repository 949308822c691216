import { isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";

/**
 * Keywords that the provider's constrained decoding refuses.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
const REFUSED = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "maxItems",
  "uniqueItems",
  "contains",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
  "patternProperties",
  "propertyNames",
  "dependentRequired",
  "dependentSchemas",
  "if",
  "then",
  "else",
  "not",
  "unevaluatedItems",
  "unevaluatedProperties",
]);

const FORMATS = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);

/** Members whose members are schemas. */
const MAPS = new Set(["properties", "$defs", "definitions"]);
/** Members that are schemas, or arrays of them. */
const SCHEMAS = new Set(["items", "prefixItems", "anyOf", "allOf", "oneOf", "additionalItems"]);

/**
 * A schema that the provider's constrained decoding takes: refused keywords are moved into descriptions, so that the
 * model still reads them, and every object is closed. `moved` names the keywords that are not enforced any more.
 */
export function sanitizeSchema(schema: JsonObject): { schema: JsonObject; moved: string[] } {
  const moved = new Set<string>();
  return { schema: clean(schema, moved), moved: [...moved].sort() };
}

function clean(schema: JsonObject, moved: Set<string>): JsonObject {
  const out: JsonObject = {};
  const told: string[] = [];
  for (const name in schema) {
    const value = schema[name] as JsonValue;
    if (isRefused(name, value)) {
      moved.add(name);
      told.push(`${name}: ${JSON.stringify(value)}`);
    } else if (MAPS.has(name) && isObject(value)) {
      const inner: JsonObject = {};
      for (const key in value) inner[key] = cleanAny(value[key] as JsonValue, moved);
      out[name] = inner;
    } else if (SCHEMAS.has(name)) {
      // The decoder knows anyOf only; without a discriminator the two mean the same to it.
      out[name === "oneOf" ? "anyOf" : name] = Array.isArray(value)
        ? value.map((item) => cleanAny(item, moved))
        : cleanAny(value, moved);
    } else {
      out[name] = value;
    }
  }
  if (told.length > 0) {
    const words = typeof schema.description === "string" && schema.description !== "" ? `${schema.description} ` : "";
    out.description = `${words}(${told.join(", ")})`;
  }
  if (isObjectSchema(out)) {
    if (out.additionalProperties !== undefined && out.additionalProperties !== false) moved.add("additionalProperties");
    out.additionalProperties = false;
  }
  return out;
}

function cleanAny(value: JsonValue, moved: Set<string>): JsonValue {
  return isObject(value) ? clean(value, moved) : value;
}

function isRefused(name: string, value: JsonValue): boolean {
  if (name === "minItems") return value !== 0 && value !== 1;
  if (name === "format") return typeof value === "string" && !FORMATS.has(value);
  return REFUSED.has(name);
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return (
    type === "object" ||
    (Array.isArray(type) && type.includes("object")) ||
    (type === undefined && isObject(properties))
  );
}
