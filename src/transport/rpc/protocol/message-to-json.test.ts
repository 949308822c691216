import { create, type DescMessage, type JsonValue, toJson } from "@bufbuild/protobuf";
import { DurationSchema, FileDescriptorProtoSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMessage } from "../../../../test/kits/any-message.js";
import {
  CompleteRequestSchema,
  CompleteResponseSchema,
  CountTokensResponseSchema,
  EmbedResponseSchema,
  StreamCompleteResponseSchema,
} from "../../../gen/parlance/v1/completion_service_pb.js";
import { ErrorDetailSchema } from "../../../gen/parlance/v1/error_details_pb.js";
import { messageToJson } from "./message-to-json.js";

/** As it would be read: minus zero is zero then. */
const read = (json: JsonValue): unknown => JSON.parse(JSON.stringify(json));

describe("a message that is told as JSON by plan", () => {
  it.each([
    ["a request", CompleteRequestSchema],
    ["a whole answer", CompleteResponseSchema],
    ["a chunk of a stream", StreamCompleteResponseSchema],
    ["embeddings", EmbedResponseSchema],
    ["a count of tokens", CountTokensResponseSchema],
    ["an error", ErrorDetailSchema],
  ] satisfies [string, DescMessage][])("is what protobuf-es makes of it: %s", (_name, desc: DescMessage) => {
    fc.assert(
      fc.property(anyMessage(desc, 4), (message) => {
        expect(read(messageToJson(desc, message))).toEqual(read(toJson(desc, message)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [0n, 0],
    [0n, 1],
    [1_700_000_000n, 0],
    [1_700_000_000n, 5_000_000],
    [1_700_000_000n, 120_000_000],
    [1_700_000_000n, 123_456_000],
    [1_700_000_000n, 999_999_999],
    [253_402_300_799n, 0],
    [-1n, 500_000_000],
  ])("tells times as protobuf-es does: %d s and %d ns", (seconds, nanos) => {
    const time = create(TimestampSchema, { seconds, nanos });
    expect(messageToJson(TimestampSchema, time)).toBe(toJson(TimestampSchema, time));
    const length = create(DurationSchema, { seconds, nanos: seconds < 0n ? -nanos : nanos });
    expect(messageToJson(DurationSchema, length)).toBe(toJson(DurationSchema, length));
  });

  it("leaves files of older syntax to protobuf-es", () => {
    const message = create(FileDescriptorProtoSchema, { name: "a.proto", dependency: ["b.proto"] });
    expect(messageToJson(FileDescriptorProtoSchema, message)).toEqual(toJson(FileDescriptorProtoSchema, message));
  });
});
