import type { JsonObject, JsonValue } from "@parlance/sdk";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as formats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "./random.js";
import { obeys } from "./schema-check.js";
import { sampleSchema } from "./schema-sample.js";

/** An independent judge of schemas. */
function judge(schema: JsonObject): (value: JsonValue) => string {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, ownProperties: true });
  (formats.default as unknown as (to: Ajv2020) => void)(ajv);
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? "" : `${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
}

const SEEDS = [1, 2, 3, 4, 5];
const expectObeyed = (schema: JsonObject): void => {
  const complaint = judge(schema);
  for (const seed of SEEDS) {
    const sample = sampleSchema(schema, createRandom(seed));
    expect(complaint(sample.value)).toBe("");
    expect(sample.obeys).toBe(true);
  }
};

const leaf: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .record({ low: fc.integer({ min: -1000, max: 1000 }), room: fc.integer({ min: 0, max: 50 }) })
    .map(({ low, room }) => ({
      type: "integer",
      minimum: low,
      maximum: low + room,
    })),
  fc
    .integer({ min: -50, max: 50 })
    .map((low) => ({ type: "number", exclusiveMinimum: low, exclusiveMaximum: low + 1 })),
  fc.constantFrom(0.1, 0.25, 3, 7).map((multipleOf) => ({ type: "number", multipleOf, minimum: 5 })),
  fc.record({ least: fc.nat(20), room: fc.nat(5) }).map(({ least, room }) => ({
    type: "string",
    minLength: least,
    maxLength: least + room,
  })),
  fc
    .constantFrom(
      "date-time",
      "date",
      "time",
      "duration",
      "email",
      "hostname",
      "ipv4",
      "ipv6",
      "uri",
      "uuid",
      "uri-reference",
      "json-pointer",
      "regex",
      "uri-template",
      "relative-json-pointer",
    )
    .map((format) => ({ type: "string", format })),
  fc
    .constantFrom("^[A-Z]{3}-\\d{4}$", "^(red|green)+$", "^\\w+@\\w+\\.(com|org)$", "^#[0-9a-fA-F]{6}$", "^[^x]*$")
    .map((pattern) => ({
      type: "string",
      pattern,
    })),
  fc.constantFrom<JsonObject>({ type: "boolean" }, { type: "null" }, { type: ["string", "null"] }, {}),
  fc
    .uniqueArray(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { minLength: 1, maxLength: 4 })
    .map((values) => ({
      enum: values,
    })),
  fc.oneof(fc.string(), fc.integer(), fc.boolean()).map((value) => ({ const: value })),
);

const schemas = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom("id", "name", "tags", "size", "constructor", "a b"), tie("schema"), {
          maxKeys: 4,
        }),
        required: fc.subarray(["id", "name", "other"]),
        closed: fc.boolean(),
      })
      .map(({ properties, required, closed }) => ({
        type: "object",
        properties,
        required: closed ? required.filter((name) => Object.hasOwn(properties, name)) : required,
        ...(closed && { additionalProperties: false }),
      })),
    fc.record({ items: tie("schema"), least: fc.nat(3), room: fc.nat(2) }).map(({ items, least, room }) => ({
      type: "array",
      items,
      minItems: least,
      maxItems: least + room,
    })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.tuple(tie("schema"), tie("schema")).map((prefixItems) => ({ type: "array", prefixItems, items: false })),
  ),
})).schema;

describe("a value that is made up from a schema", () => {
  it("obeys any schema that can be obeyed, as an independent validator sees it", () => {
    fc.assert(
      fc.property(schemas, fc.nat(), (schema, seed) => {
        const sample = sampleSchema(schema, createRandom(seed));
        expect(judge(schema)(sample.value)).toBe("");
        expect(sample.obeys).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("is judged by the simulator as by an independent validator", () => {
    fc.assert(
      fc.property(schemas, fc.jsonValue(), (schema, value) => {
        // Formats are not read by the simulator's own check.
        fc.pre(!JSON.stringify(schema).includes('"format"') && !JSON.stringify(schema).includes('"multipleOf"'));
        expect(obeys(schema, value as JsonValue, schema)).toBe(judge(schema)(value as JsonValue) === "");
      }),
      { numRuns: 300 },
    );
  });

  it("is the same for the same seed and differs for another", () => {
    const schema = { type: "object", properties: { a: { type: "string" }, b: { type: "integer" } } };
    const make = (seed: number): JsonValue => sampleSchema(schema, createRandom(seed)).value;
    expect(make(7)).toEqual(make(7));
    expect(new Set(SEEDS.map((seed) => JSON.stringify(make(seed)))).size).toBeGreaterThan(1);
  });

  it("fills every property that the schema names, in its order", () => {
    const schema = { type: "object", properties: { z: { type: "string" }, a: { const: 1 } }, required: ["a"] };
    expect(Object.keys(sampleSchema(schema, createRandom(1)).value as JsonObject)).toEqual(["z", "a"]);
  });

  it("ends for schemas that hold themselves", () => {
    expectObeyed({
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: {
            value: { type: "integer" },
            next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
            children: { type: "array", items: { $ref: "#/$defs/node" } },
          },
          required: ["value", "next", "children"],
          additionalProperties: false,
        },
      },
    });
    expectObeyed({ type: "object", properties: { self: { $ref: "#" } } });
  });

  it.each<[string, JsonObject]>([
    [
      "allOf",
      {
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { properties: { b: { type: "integer", minimum: 3 } }, required: ["b"] },
        ],
      },
    ],
    ["bounds on both sides of allOf", { type: "integer", minimum: 1, allOf: [{ minimum: 5 }, { maximum: 6 }] }],
    [
      "oneOf with a tag",
      {
        oneOf: [
          { type: "object", properties: { kind: { const: "cat" }, lives: { type: "integer" } }, required: ["kind"] },
          { type: "object", properties: { kind: { const: "dog" } }, required: ["kind"] },
        ],
      },
    ],
    [
      "oneOf whose branches overlap",
      {
        oneOf: [
          { type: "integer", minimum: 0, maximum: 20 },
          { type: "integer", minimum: 10, maximum: 30 },
        ],
      },
    ],
    [
      "if, then, else",
      {
        type: "object",
        properties: { a: { enum: ["x", "y"] } },
        required: ["a"],
        if: { properties: { a: { const: "x" } } },
        then: { required: ["b"] },
        else: { required: ["c"] },
      },
    ],
    ["not", { type: "integer", minimum: 0, maximum: 3, not: { const: 2 } }],
    [
      "a reference beside keywords",
      {
        $defs: { name: { type: "string" } },
        type: "object",
        properties: { a: { $ref: "#/$defs/name", minLength: 30 } },
        required: ["a"],
      },
    ],
    ["an anchor", { $defs: { name: { $anchor: "n", const: "here" } }, $ref: "#n" }],
    ["definitions of draft 7", { definitions: { "a/b": { type: "boolean" } }, $ref: "#/definitions/a~1b" }],
    ["unique items", { type: "array", items: { enum: [1, 2, 3] }, uniqueItems: true, minItems: 3 }],
    ["contains", { type: "array", items: { type: "integer" }, contains: { const: 42 }, minContains: 2 }],
    ["least properties", { type: "object", minProperties: 3, additionalProperties: { type: "integer" } }],
    [
      "pattern properties",
      {
        type: "object",
        minProperties: 2,
        patternProperties: { "^x_[a-z]{4}$": { type: "integer" } },
        additionalProperties: false,
      },
    ],
    ["names of properties", { type: "object", minProperties: 2, propertyNames: { pattern: "^[a-z]{3,5}$" } }],
    [
      "dependent names",
      {
        type: "object",
        properties: { a: { type: "string" }, b: { type: "string" } },
        required: ["a"],
        dependentRequired: { a: ["c"] },
      },
    ],
    ["most properties", { type: "object", properties: { a: {}, b: {}, c: {} }, maxProperties: 2, required: ["c"] }],
    ["a large step", { type: "integer", multipleOf: 1000 }],
    ["only an upper bound", { type: "number", exclusiveMaximum: -5 }],
    ["an optional property that cannot be", { type: "object", properties: { a: false, b: { type: "string" } } }],
    ["a nullable type", { type: ["null", "integer"] }],
    ["a long pattern", { type: "string", pattern: "^[a-z]+$", minLength: 40 }],
  ])("obeys %s", (_what, schema) => expectObeyed(schema));

  it("gives up on a schema that would take for ever", () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
    const all = names.map((name) => ({ $ref: `#/$defs/${name}` }));
    const everything = {
      type: "object",
      required: names,
      properties: Object.fromEntries(names.map((name, at) => [name, all[at] as JsonObject])),
    };
    for (const schema of [
      { $defs: Object.fromEntries(names.map((name) => [name, everything])), $ref: "#/$defs/n0" },
      { anyOf: [{ $ref: "#" }, { $ref: "#" }] },
      { allOf: [{ $ref: "#" }, { $ref: "#" }] },
      { type: "array", minItems: 1e9, items: { type: "array", minItems: 1e9 } },
      { type: "object", minProperties: 1e9 },
      { type: "string", pattern: "^((a{1000}){1000}){1000}$" },
    ] as JsonObject[]) {
      expect(sampleSchema(schema, createRandom(1)).obeys).toBe(false);
    }
  });

  it("tells when nothing that obeys was found", () => {
    expect(sampleSchema(false, createRandom(1)).obeys).toBe(false);
    expect(sampleSchema({ type: "integer", minimum: 3, maximum: 2 }, createRandom(1)).obeys).toBe(false);
    expect(sampleSchema({ $ref: "https://example.com/elsewhere" }, createRandom(1)).obeys).toBe(false);
    expect(sampleSchema({ $ref: "#" }, createRandom(1)).obeys).toBe(false);
    expect(sampleSchema({ type: "string", minLength: 1e9 }, createRandom(1)).obeys).toBe(false);
    const endless = { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] };
    expect(sampleSchema(endless, createRandom(1)).obeys).toBe(false);
  });
});
