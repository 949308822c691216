import type { JsonObject, JsonValue } from "@parlance/sdk";
import { createEffort, type Effort } from "./effort.js";
import type { Maker } from "./maker.js";
import type { Random } from "./random.js";
import { sampleArray } from "./sample-array.js";
import { sampleNumber } from "./sample-number.js";
import { sampleObject } from "./sample-object.js";
import { sampleString } from "./sample-string.js";
import { obeys } from "./schema-check.js";
import { leastDepth } from "./schema-depth.js";
import { mergeSchemas } from "./schema-merge.js";
import { asSchema, asSchemas, resolveReference, type Schema } from "./schema-reference.js";

/** A value that was made up from a schema. */
export interface Sample {
  readonly value: JsonValue;
  /** False when no value was found that obeys; the value is then the last that was tried. */
  readonly obeys: boolean;
}

/** How often a value is made up before it is given as it is. */
const MOST_TRIES = 12;
/** From this depth on only what is required is made up, so that a schema that holds itself comes to an end. */
const DEEP = 4;
/** Values of one sample after which only what is required is made up. */
const MANY = 150;
/** Values of one sample after which every further one is null. */
const MOST_VALUES = 5000;
/** Depth at which a schema that can only be obeyed without end is given up. */
const MOST_DEPTH = 60;

/**
 * Makes up a value that obeys a JSON schema, the same for the same schema and random source. Reads `$ref` within the
 * document, `allOf`, `anyOf`, `oneOf`, `if`, `enum`, `const` and the keywords of every type; what the making
 * cannot aim for (`not`, an exact `oneOf`) is met by trying again.
 */
export function sampleSchema(root: Schema, random: Random): Sample {
  const effort = createEffort();
  let value: JsonValue = null;
  for (let tries = 0; tries < MOST_TRIES && !effort.spent; tries += 1) {
    value = makeFrom(root, random, effort);
    if (obeys(root, value, root)) return { value, obeys: true };
  }
  return { value, obeys: false };
}

function makeFrom(root: Schema, random: Random, effort: Effort): JsonValue {
  let made = 0;
  const at = (schema: Schema, depth: number): JsonValue => {
    made += 1;
    if (depth > MOST_DEPTH || made > MOST_VALUES) return null;
    const sparse = depth >= DEEP || made > MANY;
    const flat = flatten(schema, { root, random, sparse, effort });
    if (typeof flat === "boolean") return flat ? random.pick(["lorem", "ipsum", "dolor"]) : null;
    return makeFlat(flat, {
      random,
      sparse,
      make: (inner) => at(inner, depth + 1),
      ends: (inner) => Number.isFinite(leastDepth(inner, root, effort)),
      obeys: (inner, value) => obeys(inner, value, root, effort),
    });
  };
  return at(root, 0);
}

/** How choices are made on the way through a schema. */
interface Way {
  readonly root: Schema;
  readonly random: Random;
  readonly sparse: boolean;
  readonly effort: Effort;
}

/** The schema without references and choices: each is followed or made. */
function flatten(schema: Schema, way: Way): Schema {
  const { root, random } = way;
  let flat = schema;
  // A bound, for references can go in a circle.
  for (let steps = 0; steps < 200; steps += 1) {
    if (typeof flat === "boolean") return flat;
    if (typeof flat.$ref === "string") {
      const { $ref, ...rest } = flat;
      flat = mergeSchemas(resolveReference(root, $ref), rest);
    } else if (flat.allOf !== undefined) {
      const { allOf, ...rest } = flat;
      flat = asSchemas(allOf).reduce(mergeSchemas, rest);
    } else if (Array.isArray(flat.anyOf)) {
      const { anyOf, ...rest } = flat;
      flat = chooseBranch(rest, asSchemas(anyOf), way);
    } else if (Array.isArray(flat.oneOf)) {
      const { oneOf, ...rest } = flat;
      flat = chooseBranch(rest, asSchemas(oneOf), way);
    } else if (flat.if !== undefined) {
      const { if: condition, then, else: otherwise, ...rest } = flat;
      const met = mergeSchemas(mergeSchemas(rest, asSchema(condition)), asSchema(then));
      flat = random.next() < 0.5 && met !== false ? met : mergeSchemas(rest, asSchema(otherwise));
    } else return flat;
  }
  return false;
}

/** One of the branches with the rest: any that can end, the shallowest where the sample shall be sparse. */
function chooseBranch(rest: JsonObject, branches: readonly Schema[], way: Way): Schema {
  const { root, random, sparse, effort } = way;
  const possible = branches
    .map((branch) => mergeSchemas(rest, branch))
    .map((merged) => ({ merged, depth: leastDepth(merged, root, effort) }))
    .filter(({ depth }) => Number.isFinite(depth));
  if (possible.length === 0) return false;
  const least = Math.min(...possible.map(({ depth }) => depth));
  return random.pick(sparse ? possible.filter(({ depth }) => depth === least) : possible).merged;
}

function makeFlat(schema: JsonObject, maker: Maker): JsonValue {
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) {
    const fitting = schema.enum.filter((value) => maker.obeys(schema, value));
    return maker.random.pick(fitting.length > 0 ? fitting : schema.enum);
  }
  const type = chooseType(schema, maker);
  switch (type) {
    case "object":
      return sampleObject(schema, maker);
    case "array":
      return sampleArray(schema, maker);
    case "string":
      return sampleString(schema, maker.random);
    case "boolean":
      return maker.random.next() < 0.5;
    case "number":
    case "integer":
      return sampleNumber(schema, type === "integer", maker.random);
    default:
      return null;
  }
}

/** `null` is taken only where nothing else may be, or where the sample shall be sparse. */
function chooseType(schema: JsonObject, { random, sparse }: Maker): string {
  const told = Array.isArray(schema.type)
    ? schema.type.map(String)
    : typeof schema.type === "string"
      ? [schema.type]
      : [];
  if (told.length === 0) return typeByKeyword(schema);
  if (sparse && told.includes("null")) return "null";
  const full = told.filter((type) => type !== "null");
  return full.length === 0 ? "null" : random.pick(full);
}

const KEYWORDS: readonly (readonly [string, readonly string[]])[] = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

function typeByKeyword(schema: JsonObject): string {
  return KEYWORDS.find(([, keywords]) => keywords.some((keyword) => Object.hasOwn(schema, keyword)))?.[0] ?? "string";
}
