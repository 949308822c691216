import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
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
import { anyMessage } from "../../../../test/kits/any-message.js";
import { writeMessage } from "./encode-message.js";
import { ProtoWriter } from "./proto-writer.js";

const writer = new ProtoWriter();

function encode(desc: DescMessage, message: Message): Buffer {
  writer.begin();
  writeMessage(writer, desc, message);
  return writer.finish();
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
        fc.property(anyMessage(desc, 4), (message) => {
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
