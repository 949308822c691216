import {
  create,
  fromJson,
  toJson,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import fc from "fast-check";
import { millisecondsOf } from "../../src/config/duration.js";
import type { JsonObject, JsonValue } from "../../src/sdk/index.js";

/** Any text, with what YAML, JSON and the filling of variables give a meaning of their own. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "null",
    "~",
    "yes",
    "1e3",
    "0x10",
    "a: b",
    "- a",
    "#no",
    '"',
    "'",
    "a\nb",
    "\t",
    "&a",
    "*a",
    "<<",
  ),
  fc
    .array(fc.constantFrom("$", "{", "}", "${A}", "$${", "a", ": ", "\n", '"', "'", ":-"), { maxLength: 8 })
    .map((pieces) => pieces.join("")),
);

/** Any name of a provider or a model that a map can hold. */
export const anyName: fc.Arbitrary<string> = anyText.filter((name) => name !== "__proto__" && !name.includes("${"));

/** Any message of a schema, whether or not its values make sense together. */
export function anyMessage(schema: DescMessage): fc.Arbitrary<Message> {
  const fields = Object.fromEntries(
    schema.fields.map((field) => [field.name, fc.option(anyField(field), { nil: undefined, freq: 3 })]),
  );
  return fc.record(fields).map((values) => {
    const message = reflect(schema, create(schema));
    for (const field of schema.fields) {
      const value = values[field.name];
      if (value === undefined) continue;
      if (field.fieldKind === "list") for (const item of value as unknown[]) message.get(field).add(item);
      else if (field.fieldKind === "map") {
        for (const [key, item] of value as [string, unknown][]) message.get(field).set(key, item);
      } else message.set(field, value);
    }
    return message.message;
  });
}

function anyField(field: DescField): fc.Arbitrary<unknown> {
  const one = anyOne(field);
  if (field.fieldKind === "list") return fc.array(one, { maxLength: 3 });
  if (field.fieldKind === "map") return fc.array(fc.tuple(anyName, one), { maxLength: 3 });
  return one;
}

function anyOne(field: DescField): fc.Arbitrary<unknown> {
  const schema = field.message;
  if (schema?.typeName === "google.protobuf.Duration") {
    return fc
      .nat({ max: 100_000_000 })
      .map((ms) =>
        reflect(schema, create(schema, { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 })),
      );
  }
  if (schema?.typeName === "google.protobuf.Struct") {
    return anySettings.map((settings) => reflect(schema, fromJson(schema, settings)));
  }
  if (schema !== undefined) return anyMessage(schema).map((message) => reflect(schema, message));
  switch (field.scalar) {
    case ScalarType.STRING:
      return anyText;
    case ScalarType.INT32:
      return fc.integer({ min: -2_147_483_647 });
    case ScalarType.INT64:
      return fc.maxSafeInteger().map(BigInt);
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
      return fc.integer({ min: -100_000, max: 100_000 }).map((number) => number / 8);
    default:
      throw new Error(`no values are made for the setting ${field.name}`);
  }
}

const anyKey = anyText.filter((key) => key !== "__proto__");
const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    anyText,
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(anyKey, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const anySettings = fc.dictionary(anyKey, anyJson, { maxKeys: 3, noNullPrototype: true });

/** A message as an operator would write it: names of fields, durations as text, and no `${` that would be filled. */
export function spell(schema: DescMessage, given: Message): JsonObject {
  const message = reflect(schema, given);
  const spelled: JsonObject = {};
  for (const field of schema.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === "list") {
      spelled[field.name] = [...message.get(field)].map((item) => spellOne(field, item));
    } else if (field.fieldKind === "map") {
      const entries = [...message.get(field)].map(([key, item]) => [key, spellOne(field, item)]);
      spelled[field.name] = Object.fromEntries(entries) as JsonObject;
    } else spelled[field.name] = spellOne(field, message.get(field));
  }
  return spelled;
}

function spellOne(field: DescField, value: unknown): JsonValue {
  const schema = field.message;
  if (schema?.typeName === "google.protobuf.Duration") {
    return `${millisecondsOf((value as { message: never }).message, 0)}ms`;
  }
  if (schema?.typeName === "google.protobuf.Struct")
    return escapeAll(toJson(schema, (value as { message: Message }).message));
  if (schema !== undefined) return spell(schema, (value as { message: Message }).message);
  return typeof value === "bigint" ? Number(value) : escapeAll(value as JsonValue);
}

function escapeAll(value: JsonValue): JsonValue {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map(escapeAll);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, escapeAll(member)]));
}
