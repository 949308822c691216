import type { JsonObject } from "@parlance/sdk";
import type { Effort } from "./effort.js";
import { itemSchemas, propertySchemas } from "./schema-check.js";
import { asSchema, asSchemas, resolveReference, type Schema } from "./schema-reference.js";

/**
 * How many levels a value of the schema has at least: 0 for a text, 1 for an object that need hold nothing deeper.
 * Infinity when it can only be obeyed by a value without end, or by none.
 */
export function leastDepth(schema: Schema, root: Schema, effort: Effort, open: readonly Schema[] = []): number {
  // Beyond the effort any schema is taken as one that ends: the value is checked anyhow.
  if (!effort.spend()) return 1;
  if (typeof schema === "boolean") return schema ? 0 : Number.POSITIVE_INFINITY;
  // A schema that needs itself never ends. Merged schemas are new objects at every turn, hence the second bound.
  if (open.includes(schema) || open.length > 24) return Number.POSITIVE_INFINITY;
  const within = [...open, schema];
  const depth = (inner: Schema): number => leastDepth(inner, root, effort, within);
  const parts = [ownDepth(schema, depth), ...asSchemas(schema.allOf).map(depth)];
  if (typeof schema.$ref === "string") parts.push(depth(resolveReference(root, schema.$ref)));
  for (const branches of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(branches)) parts.push(Math.min(...asSchemas(branches).map(depth)));
  }
  return Math.max(...parts);
}

function ownDepth(schema: JsonObject, depth: (schema: Schema) => number): number {
  if (schema.const !== undefined || schema.enum !== undefined) return 0;
  const types = Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type];
  const flat = types.some((type) => type !== "object" && type !== "array");
  if (flat) return 0;
  const inner: number[] = [];
  if (Array.isArray(schema.required)) {
    for (const name of schema.required) inner.push(...propertySchemas(schema, String(name)).map(depth));
  }
  const least = typeof schema.minItems === "number" ? schema.minItems : 0;
  const { prefix, rest } = itemSchemas(schema);
  for (let index = 0; index < Math.min(least, prefix.length + 1); index += 1) inner.push(depth(prefix[index] ?? rest));
  if (schema.contains !== undefined && schema.minContains !== 0) inner.push(depth(asSchema(schema.contains)));
  return types.length === 0 && inner.length === 0 ? 0 : 1 + Math.max(0, ...inner);
}
