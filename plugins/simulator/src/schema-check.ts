import { isObject, type JsonObject, type JsonValue } from "@parlance/sdk";
import { createEffort, type Effort } from "./effort.js";
import { asMembers, asSchema, asSchemas, resolveReference, type Schema } from "./schema-reference.js";

/** Schemas nested deeper than this are taken as circles that never end. */
const MOST_DEPTH = 400;

/**
 * Whether a value obeys a JSON schema (2020-12, and draft 7 where it differs). `format` and the `unevaluated` keywords
 * are not read: what the simulator makes up obeys the formats that it knows. False also when the effort is spent.
 */
export function obeys(
  schema: Schema,
  value: JsonValue,
  root: Schema,
  effort: Effort = createEffort(),
  depth = 0,
): boolean {
  if (typeof schema === "boolean") return schema;
  if (depth > MOST_DEPTH || !effort.spend()) return false;
  const check = (inner: Schema, of: JsonValue): boolean => obeys(inner, of, root, effort, depth + 1);
  return (
    obeysValue(schema, value) &&
    obeysCombination(schema, value, root, check) &&
    (typeof value !== "number" || obeysNumber(schema, value)) &&
    (typeof value !== "string" || obeysString(schema, value)) &&
    (!Array.isArray(value) || obeysArray(schema, value, check)) &&
    (!isObject(value) || obeysObject(schema, value, check))
  );
}

type Check = (schema: Schema, value: JsonValue) => boolean;

function obeysValue(schema: JsonObject, value: JsonValue): boolean {
  const { type } = schema;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length > 0 && !types.some((wanted) => isOfType(value, wanted))) return false;
  if (schema.const !== undefined && !same(schema.const, value)) return false;
  return !Array.isArray(schema.enum) || schema.enum.some((allowed) => same(allowed, value));
}

function isOfType(value: JsonValue, type: JsonValue): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  return typeof value === type;
}

function obeysCombination(schema: JsonObject, value: JsonValue, root: Schema, check: Check): boolean {
  if (typeof schema.$ref === "string" && !check(resolveReference(root, schema.$ref), value)) return false;
  if (!asSchemas(schema.allOf).every((inner) => check(inner, value))) return false;
  if (Array.isArray(schema.anyOf) && !asSchemas(schema.anyOf).some((inner) => check(inner, value))) return false;
  if (Array.isArray(schema.oneOf) && asSchemas(schema.oneOf).filter((inner) => check(inner, value)).length !== 1)
    return false;
  if (schema.not !== undefined && check(asSchema(schema.not), value)) return false;
  if (schema.if === undefined) return true;
  return check(asSchema(check(asSchema(schema.if), value) ? schema.then : schema.else), value);
}

function obeysNumber(schema: JsonObject, value: number): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === "number" && value < minimum) return false;
  if (typeof maximum === "number" && value > maximum) return false;
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) return false;
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum) return false;
  return typeof multipleOf !== "number" || Number.isInteger(value / multipleOf);
}

function obeysString(schema: JsonObject, value: string): boolean {
  const { minLength, maxLength, pattern } = schema;
  const characters = [...value].length;
  if (typeof minLength === "number" && characters < minLength) return false;
  if (typeof maxLength === "number" && characters > maxLength) return false;
  return typeof pattern !== "string" || matches(pattern, value);
}

/** Whether a text holds a match. A pattern that JavaScript cannot read matches nothing. */
export function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return false;
  }
}

function obeysArray(schema: JsonObject, value: readonly JsonValue[], check: Check): boolean {
  const { minItems, maxItems, uniqueItems, contains, minContains = 1, maxContains } = schema;
  if (typeof minItems === "number" && value.length < minItems) return false;
  if (typeof maxItems === "number" && value.length > maxItems) return false;
  if (uniqueItems === true && new Set(value.map(canonical)).size < value.length) return false;
  const { prefix, rest } = itemSchemas(schema);
  if (!value.every((item, index) => check(prefix[index] ?? rest, item))) return false;
  if (contains === undefined) return true;
  const found = value.filter((item) => check(asSchema(contains), item)).length;
  return found >= Number(minContains) && (typeof maxContains !== "number" || found <= maxContains);
}

/** The schemas of the first items, and of all further ones; draft 7 wrote a list as `items`. */
export function itemSchemas(schema: JsonObject): { prefix: Schema[]; rest: Schema } {
  return Array.isArray(schema.items)
    ? { prefix: asSchemas(schema.items), rest: asSchema(schema.additionalItems) }
    : { prefix: asSchemas(schema.prefixItems), rest: asSchema(schema.items) };
}

function obeysObject(schema: JsonObject, value: JsonObject, check: Check): boolean {
  const { minProperties, maxProperties, required, propertyNames } = schema;
  const names = Object.keys(value);
  if (typeof minProperties === "number" && names.length < minProperties) return false;
  if (typeof maxProperties === "number" && names.length > maxProperties) return false;
  if (Array.isArray(required) && !required.every((name) => Object.hasOwn(value, String(name)))) return false;
  if (propertyNames !== undefined && !names.every((name) => check(asSchema(propertyNames), name))) return false;
  if (!names.every((name) => propertySchemas(schema, name).every((inner) => check(inner, value[name] as JsonValue))))
    return false;
  const dependent = isObject(schema.dependentRequired) ? schema.dependentRequired : {};
  for (const [name, others] of Object.entries(dependent)) {
    if (!Object.hasOwn(value, name) || !Array.isArray(others)) continue;
    if (!others.every((other) => Object.hasOwn(value, String(other)))) return false;
  }
  return Object.entries(asMembers(schema.dependentSchemas)).every(
    ([name, inner]) => !Object.hasOwn(value, name) || check(inner, value),
  );
}

/** Every schema that a property of this name must obey. */
export function propertySchemas(schema: JsonObject, name: string): Schema[] {
  const found: Schema[] = [];
  const properties = asMembers(schema.properties);
  if (Object.hasOwn(properties, name)) found.push(properties[name] as Schema);
  for (const [pattern, inner] of Object.entries(asMembers(schema.patternProperties))) {
    if (matches(pattern, name)) found.push(inner);
  }
  return found.length > 0 ? found : [asSchema(schema.additionalProperties)];
}

function same(left: JsonValue, right: JsonValue): boolean {
  return canonical(left) === canonical(right);
}

/** JSON text with sorted keys: equal values have equal text. */
export function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
