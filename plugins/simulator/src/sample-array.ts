import type { JsonObject, JsonValue } from "@parlance/sdk";
import type { Maker } from "./maker.js";
import { canonical, itemSchemas } from "./schema-check.js";
import { mergeSchemas } from "./schema-merge.js";
import { asSchema, type Schema } from "./schema-reference.js";

/** Items of a list whose length the schema leaves open, at most. */
const USUAL_ITEMS = 3;
/** Items of a list, at most: what asks for more is not obeyed. */
const MOST_ITEMS = 1000;
/** How often an item is made up that must differ from the others. */
const MOST_TRIES = 30;

/** A list of as many items as are asked for; of one to three where that is open. */
export function sampleArray(schema: JsonObject, maker: Maker): JsonValue[] {
  const { prefix, rest } = itemSchemas(schema);
  const value: JsonValue[] = [];
  const length = Math.min(MOST_ITEMS, chooseLength(schema, prefix, rest, maker));
  const wanted = containsAtLeast(schema);
  for (let index = 0; index < length; index += 1) {
    const item = prefix[index] ?? rest;
    // The last items are those that `contains` asks for, for the first have schemas of their own.
    const must = index >= length - wanted ? mergeSchemas(item, asSchema(schema.contains)) : item;
    const made = makeItem(must, value, schema.uniqueItems === true, maker);
    if (made === undefined) break;
    value.push(made);
  }
  return value;
}

function chooseLength(schema: JsonObject, prefix: readonly Schema[], rest: Schema, maker: Maker): number {
  const { minItems, maxItems } = schema;
  const least = Math.max(typeof minItems === "number" ? minItems : 0, containsAtLeast(schema));
  const ended = prefix.findIndex((item) => !maker.ends(item));
  const possible = ended >= 0 ? ended : maker.ends(rest) ? Number.POSITIVE_INFINITY : prefix.length;
  const most = Math.min(typeof maxItems === "number" ? maxItems : Number.POSITIVE_INFINITY, possible);
  if (maker.sparse) return least;
  const usual = Math.max(least, prefix.length, 1) + (prefix.length > 0 ? 0 : maker.random.between(0, USUAL_ITEMS - 1));
  return Math.max(least, Math.min(usual, most));
}

function containsAtLeast({ contains, minContains }: JsonObject): number {
  if (contains === undefined) return 0;
  return typeof minContains === "number" ? minContains : 1;
}

/** Undefined when no item was found that differs from all others. */
function makeItem(schema: Schema, others: readonly JsonValue[], unique: boolean, maker: Maker): JsonValue | undefined {
  const known = unique ? new Set(others.map(canonical)) : new Set<string>();
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const item = maker.make(schema);
    if (!known.has(canonical(item))) return item;
  }
  return undefined;
}
