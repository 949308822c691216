import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("value"), { maxKeys: 3 }),
  ),
})).value;
const struct = fc.dictionary(fc.string({ maxLength: 4 }), json, { maxKeys: 3 });

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.string({ maxLength: 40 }), fc.constant(""));
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.FLOAT:
      return fc.float();
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, 127n, 128n, -1n));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 300 }));
    default:
      return fc.oneof(fc.integer(), fc.integer({ min: -2, max: 300 }), fc.constantFrom(16383, 16384, 2 ** 21, 2 ** 28));
  }
}

/** Any message of a kind, `depth` messages deep. */
export function anyMessage(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
  if (desc.typeName === "google.protobuf.Timestamp" || desc.typeName === "google.protobuf.Duration")
    return anyTime(desc);
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of desc.members) {
    if (member.kind === "oneof") {
      const cases = member.fields
        .filter((field) => depth > 0 || field.message === undefined)
        .map((field) => valueOf(field, depth).map((value) => ({ case: field.localName, value })));
      if (cases.length > 0) members[member.localName] = fc.oneof(...cases);
    } else if (depth > 0 || member.fieldKind === "scalar" || member.fieldKind === "enum") {
      members[member.localName] = valueOf(member, depth);
    }
  }
  return fc.record(members, { requiredKeys: [] }).map((init) => create(desc, init as never));
}

/** A time, or a length of one, that JSON can tell. */
function anyTime(desc: DescMessage): fc.Arbitrary<Message> {
  const nanos = fc.oneof(fc.constantFrom(0, 5_000_000, 250_000_000), fc.nat({ max: 999_999_999 }));
  return fc
    .record({ seconds: fc.bigInt({ min: 0n, max: 253_402_300_799n }), nanos })
    .map((init) => create(desc, init as never));
}

function valueOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const message = (one: DescMessage): fc.Arbitrary<unknown> =>
    one.typeName === "google.protobuf.Struct" ? struct : anyMessage(one, depth - 1);
  switch (field.fieldKind) {
    case "message":
      return message(field.message);
    case "enum":
      return fc.constantFrom(...field.enum.values.map(({ number }) => number));
    case "scalar":
      return scalar(field.scalar);
    case "list": {
      const item = field.listKind === "message" ? message(field.message) : scalar(field.scalar ?? ScalarType.INT32);
      return fc.array(item, { maxLength: 3 });
    }
    case "map": {
      const item = field.mapKind === "message" ? message(field.message) : scalar(field.scalar ?? ScalarType.INT32);
      return fc.dictionary(fc.string({ maxLength: 4 }), item, { maxKeys: 3 });
    }
  }
}
