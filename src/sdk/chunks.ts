import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import type { Citation, PartSchema } from "../gen/parlance/v1/chat_pb.js";
import { PartSchema as Parts } from "../gen/parlance/v1/chat_pb.js";
import {
  type Chunk,
  ChunkSchema,
  type CompletionEndSchema,
  type CompletionStartSchema,
  type FinishSchema,
  type Logprobs,
} from "../gen/parlance/v1/completion_pb.js";
import type { Usage } from "../gen/parlance/v1/usage_pb.js";

type Event = MessageInitShape<typeof ChunkSchema>["event"];

function chunk(event: NonNullable<Event>): Chunk {
  return create(ChunkSchema, { event });
}

/** Makers of the events of a streamed answer, one for each kind, so that a plugin never spells a oneof. */
export const chunks = {
  completionStart: (value: MessageInitShape<typeof CompletionStartSchema>): Chunk =>
    chunk({ case: "completionStart", value }),
  /** `content`: the part as far as it is known. */
  partStart: (choice: number, part: number, content: MessageInitShape<typeof PartSchema>): Chunk =>
    chunk({ case: "partStart", value: { choice, part, content: create(Parts, content) } }),
  // Nearly every chunk of a stream is one of these: spelled out, since `create` costs as much as the decode around it.
  textDelta: (choice: number, part: number, text: string): Chunk => ({
    $typeName: "parlance.v1.Chunk",
    event: { case: "textDelta", value: { $typeName: "parlance.v1.TextDelta", choice, part, text } },
  }),
  /** The encrypted content of a part of which the rest has been told already: it comes last where it comes at all. */
  reasoningSeal: (choice: number, part: number, encryptedContent: string): Chunk =>
    chunk({ case: "reasoningDelta", value: { choice, part, text: "", encryptedContent } }),
  reasoningDelta: (choice: number, part: number, text: string, signature?: string): Chunk =>
    chunk({
      case: "reasoningDelta",
      value: signature === undefined ? { choice, part, text } : { choice, part, text, signature },
    }),
  refusalDelta: (choice: number, part: number, text: string): Chunk =>
    chunk({ case: "refusalDelta", value: { choice, part, text } }),
  toolCallDelta: (choice: number, part: number, text: string): Chunk => ({
    $typeName: "parlance.v1.Chunk",
    event: {
      case: "toolCallDelta",
      value: { $typeName: "parlance.v1.ToolCallDelta", choice, part, arguments: text },
    },
  }),
  audioDelta: (choice: number, part: number, data: Uint8Array, transcript: string): Chunk =>
    chunk({ case: "audioDelta", value: { choice, part, data, transcript } }),
  citationAdd: (choice: number, part: number, citation: Citation): Chunk =>
    chunk({ case: "citationAdd", value: { choice, part, citation } }),
  logprobsDelta: (choice: number, logprobs: Logprobs): Chunk =>
    chunk({ case: "logprobsDelta", value: { choice, logprobs } }),
  partEnd: (choice: number, part: number): Chunk => chunk({ case: "partEnd", value: { choice, part } }),
  finish: (
    choice: number,
    finish: MessageInitShape<typeof FinishSchema>,
    extensions: { message?: JsonObject | undefined; choice?: JsonObject | undefined } = {},
  ): Chunk =>
    chunk({
      case: "finish",
      value: {
        choice,
        finish,
        ...(extensions.message && { messageExtensions: extensions.message }),
        ...(extensions.choice && { extensions: extensions.choice }),
      },
    }),
  usage: (value: Usage): Chunk => chunk({ case: "usage", value }),
  completionEnd: (value: MessageInitShape<typeof CompletionEndSchema> = {}): Chunk =>
    chunk({ case: "completionEnd", value }),
};
