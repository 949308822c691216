import { isObject, type JsonObject, type JsonValue } from "@parlance/sdk";
import { asSchema, type Schema } from "./schema-reference.js";

/** One schema for what obeys both. Keywords that cannot be merged go into its `allOf` and `anyOf`. */
export function mergeSchemas(left: Schema, right: Schema): Schema {
  if (left === true) return right;
  if (right === true) return left;
  if (left === false || right === false) return false;
  const merged: JsonObject = { ...left };
  const rest: JsonValue[] = [];
  for (const [key, value] of Object.entries(right)) {
    const before = left[key];
    if (before === undefined || JSON.stringify(before) === JSON.stringify(value)) merged[key] = value;
    else if (!mergeKeyword(merged, key, before, value, rest)) return false;
  }
  closeProperties(merged, left, right);
  if (rest.length > 0) merged.allOf = [...list(merged.allOf), ...rest];
  return merged;
}

const LARGER = new Set(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"]);
const SMALLER = new Set(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"]);
const SCHEMAS_BY_NAME = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);
const SCHEMAS = new Set([
  "items",
  "additionalProperties",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
]);
/** Both must hold, and one schema has room for one: the other goes into `allOf`. */
const APART = new Set([
  "anyOf",
  "oneOf",
  "$ref",
  "not",
  "if",
  "pattern",
  "format",
  "multipleOf",
  "contains",
  "prefixItems",
]);

/** Gives false when nothing can obey both. */
function mergeKeyword(merged: JsonObject, key: string, left: JsonValue, right: JsonValue, rest: JsonValue[]): boolean {
  if (LARGER.has(key)) merged[key] = Math.max(Number(left), Number(right));
  else if (SMALLER.has(key)) merged[key] = Math.min(Number(left), Number(right));
  else if (key === "required") merged[key] = [...new Set([...list(left), ...list(right)])];
  else if (key === "allOf") merged[key] = [...list(left), ...list(right)];
  else if (key === "uniqueItems") merged[key] = left === true || right === true;
  else if (key === "const") return false;
  else if (key === "enum") merged[key] = list(left).filter((value) => has(list(right), value));
  else if (key === "type") {
    const types = sharedTypes(list(left), list(right));
    if (types.length === 0) return false;
    merged[key] = types;
  } else if (SCHEMAS_BY_NAME.has(key)) merged[key] = mergeMembers(left, right);
  else if (SCHEMAS.has(key)) merged[key] = { allOf: [left, right] };
  else if (APART.has(key)) {
    merged[key] = left;
    rest.push({ [key]: right });
  }
  return true;
}

/** Both members must hold where both are there. Members of `$defs` are not looked up in a merged schema. */
function mergeMembers(left: JsonValue, right: JsonValue): JsonObject {
  const merged: JsonObject = isObject(left) ? { ...left } : {};
  for (const [name, value] of Object.entries(isObject(right) ? right : {})) {
    const before = merged[name];
    merged[name] = before === undefined ? value : { allOf: [before, value] };
  }
  return merged;
}

/** What one side forbids by `additionalProperties`, the other cannot allow by naming it. */
function closeProperties(merged: JsonObject, left: JsonObject, right: JsonObject): void {
  if (!isObject(merged.properties)) return;
  const properties: JsonObject = { ...merged.properties };
  for (const side of [left, right]) {
    if (side.additionalProperties === undefined) continue;
    const own = isObject(side.properties) ? side.properties : {};
    const patterns = isObject(side.patternProperties) ? Object.keys(side.patternProperties) : [];
    for (const name of Object.keys(properties)) {
      if (Object.hasOwn(own, name) || patterns.length > 0) continue;
      properties[name] = mergeSchemas(asSchema(properties[name]), asSchema(side.additionalProperties));
    }
  }
  merged.properties = properties;
}

function sharedTypes(left: readonly JsonValue[], right: readonly JsonValue[]): JsonValue[] {
  const shared = left.filter((type) => right.includes(type));
  const whole = (a: readonly JsonValue[], b: readonly JsonValue[]): boolean =>
    a.includes("integer") && b.includes("number");
  if (!shared.includes("integer") && (whole(left, right) || whole(right, left))) shared.push("integer");
  return shared;
}

function has(values: readonly JsonValue[], wanted: JsonValue): boolean {
  return values.some((value) => JSON.stringify(value) === JSON.stringify(wanted));
}

function list(value: JsonValue | undefined): JsonValue[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
