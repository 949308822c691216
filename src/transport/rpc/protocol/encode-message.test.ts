import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  CompleteRequestSchema,
  CompleteResponseSchema,
  CountTokensResponseSchema,
  EmbedRequestSchema,
  EmbedResponseSchema,
  StreamCompleteResponseSchema,
} from "../../../gen/parlance/v1/completion_service_pb.js";
import { ErrorDetailSchema } from "../../../gen/parlance/v1/error_details_pb.js";
import { writeMessage } from "./encode-message.js";
import { ProtoWriter } from "./proto-writer.js";

const writer = new ProtoWriter();

function encode(desc: DescMessage, message: Message): Buffer {
  writer.begin();
  writeMessage(writer, desc, message);
  return writer.finish();
}

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

/** Any message of a kind, a few levels deep. */
function anyOf(desc: DescMessage, depth: number): fc.Arbitrary<Message> {
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

function valueOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const message = (one: DescMessage): fc.Arbitrary<unknown> =>
    one.typeName === "google.protobuf.Struct" ? struct : anyOf(one, depth - 1);
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

describe("a message that is written by plan", () => {
  it.each([
    ["a request", CompleteRequestSchema],
    ["a request of embeddings", EmbedRequestSchema],
    ["a whole answer", CompleteResponseSchema],
    ["a chunk of a stream", StreamCompleteResponseSchema],
    ["embeddings", EmbedResponseSchema],
    ["a count of tokens", CountTokensResponseSchema],
    ["an error", ErrorDetailSchema],
  ] satisfies [string, DescMessage][])(
    "is to a reader what protobuf-es's own is, and as long: %s",
    (_name, desc: DescMessage) => {
      fc.assert(
        fc.property(anyOf(desc, 4), (message) => {
          const own = encode(desc, message);
          const theirs = toBinary(desc, message);
          expect(own.length).toBe(theirs.length);
          expect(toBinary(desc, fromBinary(desc, own))).toEqual(theirs);
        }),
        { numRuns: 300 },
      );
    },
  );

  it("tells minus zero from zero, as they are two numbers", () => {
    const logprobs = { content: [{ token: "a", logprob: -0 }] };
    const message = create(StreamCompleteResponseSchema, {
      chunk: { event: { case: "logprobsDelta", value: { choice: 0, logprobs } } },
    });
    expect(encode(StreamCompleteResponseSchema, message)).toEqual(
      Buffer.from(toBinary(StreamCompleteResponseSchema, message)),
    );
  });

  it("keeps the fields of a later version", () => {
    const message = create(CountTokensResponseSchema, { inputTokens: 7 });
    message.$unknown = [{ no: 99, wireType: 2, data: new Uint8Array([2, 104, 105]) }];
    expect(encode(CountTokensResponseSchema, message)).toEqual(
      Buffer.from(toBinary(CountTokensResponseSchema, message)),
    );
  });

  it("leaves files of older syntax to protobuf-es", () => {
    const message = create(FileDescriptorProtoSchema, { name: "a.proto", dependency: ["b.proto"] });
    expect(encode(FileDescriptorProtoSchema, message)).toEqual(
      Buffer.from(toBinary(FileDescriptorProtoSchema, message)),
    );
  });

  it("refuses a number that its field cannot hold", () => {
    const message = create(CountTokensResponseSchema);
    message.inputTokens = 2 ** 31;
    expect(() => encode(CountTokensResponseSchema, message)).toThrow(/32-bit/);
  });

  it("is not touched by the messages that are written after it, however many", () => {
    const kept = Array.from({ length: 3000 }, (_, i) => {
      const message = create(StreamCompleteResponseSchema, {
        chunk: { event: { case: "textDelta", value: { choice: 0, part: 0, text: `${i} `.repeat((i % 50) + 1) } } },
      });
      return { bytes: encode(StreamCompleteResponseSchema, message), message };
    });
    for (const { bytes, message } of kept) {
      expect(bytes).toEqual(Buffer.from(toBinary(StreamCompleteResponseSchema, message)));
    }
  });

  it("may be far larger than what is held ready for one", () => {
    const text = "häuser ".repeat(2_000_000);
    const message = create(StreamCompleteResponseSchema, {
      chunk: { event: { case: "textDelta", value: { choice: 1, part: 2, text } } },
    });
    const own = encode(StreamCompleteResponseSchema, message);
    expect(own.equals(toBinary(StreamCompleteResponseSchema, message))).toBe(true);
  });
});
