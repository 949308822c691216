import type { JsonObject, JsonValue } from "@parlance/sdk";
import type { Maker } from "./maker.js";
import { sampleString } from "./sample-string.js";
import { propertySchemas } from "./schema-check.js";
import { mergeSchemas } from "./schema-merge.js";
import { asMembers, asSchema, type Schema } from "./schema-reference.js";

/** Properties that are made up by number alone, at most: what asks for more is not obeyed. */
const MOST_FURTHER = 200;

/** An object with every property that the schema names; with the required ones alone where the sample shall be sparse. */
export function sampleObject(schema: JsonObject, maker: Maker): JsonObject {
  const value: JsonObject = {};
  const most = typeof schema.maxProperties === "number" ? schema.maxProperties : Number.POSITIVE_INFINITY;
  const add = (name: string): void => {
    // Not by assignment: `__proto__` is a name like any other.
    Object.defineProperty(value, name, {
      value: maker.make(schemaOf(schema, name)),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };
  const required = withDependents(schema, strings(schema.required));
  // In the order in which the schema names them, as models write them.
  const named = Object.keys(asMembers(schema.properties));
  const optional = named.filter((name) => !required.has(name));
  const room = maker.sparse ? 0 : most - required.size;
  const chosen = new Set([
    ...required,
    ...optional.filter((name) => canHold(schema, name, maker)).slice(0, Math.max(0, room)),
  ]);
  const dependents = withDependents(schema, [...chosen]);
  const wanted = dependents.size <= most ? dependents : required;
  for (const name of [...named.filter((known) => wanted.has(known)), ...wanted])
    if (!Object.hasOwn(value, name)) add(name);
  fillUp(schema, maker, value, add);
  return value;
}

function canHold(schema: JsonObject, name: string, maker: Maker): boolean {
  if (schema.propertyNames !== undefined && !maker.obeys(asSchema(schema.propertyNames), name)) return false;
  return propertySchemas(schema, name).every((inner) => maker.ends(inner));
}

function schemaOf(schema: JsonObject, name: string): Schema {
  return propertySchemas(schema, name).reduce(mergeSchemas, true);
}

/** Names, and the names that they bring with them. */
function withDependents(schema: JsonObject, names: readonly string[]): Set<string> {
  const all = new Set(names);
  const dependents = schema.dependentRequired as JsonObject | undefined;
  // A set grows while it is walked, and the walk comes to what was added.
  for (const name of all) for (const other of strings(dependents?.[name])) all.add(other);
  return all;
}

/** Makes up further properties until there are as many as the schema asks for. */
function fillUp(schema: JsonObject, maker: Maker, value: JsonObject, add: (name: string) => void): void {
  const least = Math.min(MOST_FURTHER, typeof schema.minProperties === "number" ? schema.minProperties : 0);
  for (let tries = 0; Object.keys(value).length < least && tries < least * 10; tries += 1) {
    const name = furtherName(schema, maker, tries);
    if (!Object.hasOwn(value, name) && canHold(schema, name, maker)) add(name);
  }
}

function furtherName(schema: JsonObject, { random }: Maker, tries: number): string {
  const named = Object.keys(asMembers(schema.properties));
  if (tries < named.length) return named[tries] as string;
  const names = asSchema(schema.propertyNames);
  if (typeof names === "object" && Object.keys(names).length > 0) return sampleString(names, random);
  const [pattern] = Object.keys(asMembers(schema.patternProperties));
  return pattern === undefined ? `extra_${tries + 1}` : sampleString({ pattern }, random);
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
