import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import {
  type AnswerContext,
  type Chunk,
  type Completion,
  Fold,
  type JsonObject,
  ParlanceError,
  readSse,
  SseSplitter,
  writeSse,
} from "../../src/sdk/index.js";

/**
 * Streams of `anthropic-messages` for its tests: written from events, read to chunks.
 * @module
 */

/** Wire text of some events. */
export function sseOf(...events: JsonObject[]): string {
  return events.map((event) => writeSse(JSON.stringify(event), event.type as string)).join("");
}

export const start = (usage: JsonObject = { input_tokens: 5, output_tokens: 1 }): JsonObject => ({
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  },
});
export const blockStart = (index: number, block: JsonObject): JsonObject => ({
  type: "content_block_start",
  index,
  content_block: block,
});
export const delta = (index: number, value: JsonObject): JsonObject => ({
  type: "content_block_delta",
  index,
  delta: value,
});
export const blockStop = (index: number): JsonObject => ({ type: "content_block_stop", index });
export const messageDelta = (
  stop: string,
  usage: JsonObject = { output_tokens: 9 },
  more: JsonObject = {},
): JsonObject => ({
  type: "message_delta",
  delta: { stop_reason: stop, stop_sequence: null, ...more },
  usage,
});
export const messageStop: JsonObject = { type: "message_stop" };

/** A text block with its deltas, from start to stop. */
export const textBlock = (index: number, ...texts: string[]): JsonObject[] => [
  blockStart(index, { type: "text", text: "" }),
  ...texts.map((text) => delta(index, { type: "text_delta", text })),
  blockStop(index),
];

/** What the decoder makes of bytes that come in pieces. */
export function readStream(pieces: readonly Buffer[]): {
  chunks: Chunk[];
  completion: Completion;
  error: ParlanceError | undefined;
} {
  const splitter = new SseSplitter();
  const decoder = anthropicMessages.streamDecoder();
  const chunks: Chunk[] = [];
  let error: ParlanceError | undefined;
  const read = (block: Buffer | undefined): void => {
    if (block !== undefined) readSse(block, (event) => decoder.decode(event, chunks));
  };
  try {
    for (const piece of pieces) read(splitter.push(piece));
    read(splitter.flush());
    decoder.end(chunks);
  } catch (thrown) {
    error = ParlanceError.from(thrown);
  }
  const state = new Fold();
  for (const chunk of chunks) state.push(chunk);
  return { chunks, completion: state.completion(), error };
}

export const context: AnswerContext = {
  requestId: "abc",
  model: "asked",
  created: 1,
  includeUsage: false,
  legacyFunctions: false,
};

/** What the encoder writes for chunks, event by event. */
export function writeStream(list: readonly Chunk[]): JsonObject[] {
  const encoder = anthropicMessages.streamEncoder(context);
  return eventsOf(list.map((chunk) => encoder.encode(chunk)).join(""));
}

/** The events of a wire text; every one has its name in its `event` line. */
export function eventsOf(sse: string): JsonObject[] {
  const events: JsonObject[] = [];
  readSse(sse, ({ event, data }) => {
    const body = JSON.parse(data) as JsonObject;
    if (event !== body.type) throw new Error(`the event line says ${event}, the data ${String(body.type)}`);
    events.push(body);
  });
  return events;
}
