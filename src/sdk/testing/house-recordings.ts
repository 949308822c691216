import { create, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import { ChatRequestSchema, Role } from "../../gen/parlance/v1/chat_pb.js";
import { type Chunk, type Completion, CompletionSchema, FinishReason } from "../../gen/parlance/v1/completion_pb.js";
import { EmbeddingRequestSchema, EmbeddingResultSchema } from "../../gen/parlance/v1/embedding_pb.js";
import { chunks } from "../chunks.js";
import type { AnswerContext, ChatDialect, EmbeddingDialect } from "../dialect.js";
import { ParlanceError } from "../errors.js";
import { unfold } from "../unfold.js";
import type { RecordedAnswer, RecordedAsk, Recording } from "./recording.js";

const CONTEXT: AnswerContext = {
  requestId: "conformance",
  model: "conformance-model",
  created: 1_700_000_000,
  includeUsage: true,
  legacyFunctions: false,
};

/** Text in letters of one to four bytes, so that a cut anywhere falls into one of them. */
const TEXT = "Grüße, 世界! 🌍 Thé end is near; naïve façade, ≠ ∞.";
const ARGUMENTS = '{"city":"Zürich","days":3}';
const USAGE = { inputTokens: 12, outputTokens: 34 };
const TOLD_USAGE = { input_tokens: 12, output_tokens: 34 };

/** Recordings for a dialect of the house, made by its own encoders. */
export function houseChatRecordings(dialect: ChatDialect, model: string): Recording[] {
  const plain = completion([{ kind: { case: "text", value: { text: TEXT } } }], FinishReason.STOP);
  const call = { id: "call_1", name: "weather", arguments: ARGUMENTS };
  const tools = completion([{ kind: { case: "toolCall", value: call } }], FinishReason.TOOL_CALLS);
  const tellsPlain = { text: TEXT, finish: "stop", usage: TOLD_USAGE };
  const tellsTools = {
    finish: "tool_calls",
    toolCalls: [{ name: "weather", arguments: JSON.parse(ARGUMENTS) as JsonValue }],
    usage: TOLD_USAGE,
  };
  const both = (pair: string, answer: Completion, expect: Recording["expect"], withTool: boolean): Recording[] => [
    { name: pair, ask: chat(model, false, withTool), answer: whole(dialect, answer), expect, pair },
    {
      name: `${pair}-stream`,
      ask: chat(model, true, withTool),
      answer: streamOf(dialect, split(answer)),
      expect,
      pair,
    },
  ];
  const voices = [1, 2, 3].map((n): Recording => {
    const text = `Voice ${n} says ${"la ".repeat(n * 3)}and is done.`;
    const answer = completion([{ kind: { case: "text", value: { text } } }], FinishReason.STOP);
    return {
      name: `voice-${n}-stream`,
      ask: chat(model, true, false),
      answer: streamOf(dialect, split(answer)),
      expect: { text, finish: "stop", usage: TOLD_USAGE },
    };
  });
  const counts: Recording[] =
    dialect.tokenCount === undefined
      ? []
      : [
          {
            name: "count",
            ask: { operation: "count_tokens", model, chat: chat(model, false, false).chat },
            answer: json(dialect.tokenCount.encodeResponse(21)),
            expect: { tokens: 21 },
          },
        ];
  return [
    ...both("plain", plain, tellsPlain, false),
    ...both("tool-call", tools, tellsTools, true),
    ...voices,
    ...counts,
    errorInStream(dialect, split(plain), model),
    long(dialect, model),
  ];
}

/** Recordings for a dialect for embeddings. */
export function houseEmbeddingRecordings(dialect: EmbeddingDialect, model: string): Recording[] {
  const vectors = [
    [0.5, 0.25, -1],
    [1, 0, 0.125],
    [0, -0.5, 0.75],
  ];
  const result = create(EmbeddingResultSchema, {
    model,
    embeddings: vectors.map((vector, index) => ({ index, vector })),
    usage: USAGE,
  });
  return [
    {
      name: "embeddings",
      ask: embedding(model),
      answer: json(dialect.encodeResponse(result, { model, base64: false })),
      expect: { vectors, usage: { input_tokens: 12 } },
    },
  ];
}

/** Three texts to embed. */
export function embedding(model: string): RecordedAsk {
  const inputs = ["first", "second", "third"].map((value) => ({ kind: { case: "text" as const, value } }));
  return { operation: "embed", model, embedding: create(EmbeddingRequestSchema, { model, inputs }) };
}

/** What every recording of the kit asks. */
export function chat(model: string, stream: boolean, withTool: boolean): RecordedAsk & { operation: "complete" } {
  const weather = {
    name: "weather",
    description: "Tells the weather.",
    parameters: { type: "object", properties: {} },
  };
  return {
    operation: "complete",
    model,
    stream,
    chat: create(ChatRequestSchema, {
      model,
      messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "A conformance question." } } }] }],
      maxOutputTokens: 256,
      tools: withTool ? [{ kind: { case: "function", value: weather } }] : [],
    }),
  };
}

type Parts = NonNullable<MessageInitShape<typeof CompletionSchema>["choices"]>[number]["message"];

function completion(parts: NonNullable<Parts>["parts"] & object, reason: FinishReason): Completion {
  return create(CompletionSchema, {
    id: "conformance-answer",
    model: "conformance-model",
    choices: [{ index: 0, message: { role: Role.ASSISTANT, parts }, finish: { reason } }],
    usage: USAGE,
  });
}

/** The events of the answer, with text and arguments in several deltas. */
function split(answer: Completion): Chunk[] {
  return unfold(answer).flatMap((chunk) => {
    const { event } = chunk;
    if (event.case === "textDelta") {
      const { choice, part, text } = event.value;
      return pieces(text).map((piece) => chunks.textDelta(choice, part, piece));
    }
    if (event.case === "toolCallDelta") {
      const { choice, part, arguments: text } = event.value;
      return pieces(text).map((piece) => chunks.toolCallDelta(choice, part, piece));
    }
    return [chunk];
  });
}

function pieces(text: string): string[] {
  return text.match(/.{1,5}/gsu) ?? [];
}

function json(text: string, status = 200): RecordedAnswer {
  return { status, headers: { "content-type": "application/json" }, bytes: Buffer.from(text), cut: "whole" };
}

function whole(dialect: ChatDialect, answer: Completion): RecordedAnswer {
  return json(dialect.encodeResponse(answer, CONTEXT));
}

function streamOf(dialect: ChatDialect, events: readonly Chunk[], error?: ParlanceError): RecordedAnswer {
  const encoder = dialect.streamEncoder(CONTEXT);
  const text =
    events.map((chunk) => encoder.encode(chunk)).join("") + (error === undefined ? "" : encoder.error(error));
  return {
    status: 200,
    headers: { "content-type": "text/event-stream" },
    bytes: Buffer.from(text),
    cut: "sse",
  };
}

function errorInStream(dialect: ChatDialect, events: readonly Chunk[], model: string): Recording {
  const error = new ParlanceError("provider_overloaded", "The conformance server is overloaded.");
  return {
    name: "error-in-stream",
    ask: chat(model, true, false),
    answer: streamOf(dialect, events.slice(0, 5), error),
    expect: { error: "" },
  };
}

/** A stream with deltas of kilobytes, of which one is repeated to make a long one. */
function long(dialect: ChatDialect, model: string): Recording {
  const text = "0123456789abcdef".repeat(256);
  const events = unfold(completion([{ kind: { case: "text", value: { text: "" } } }], FinishReason.STOP)).flatMap(
    (chunk) =>
      chunk.event.case === "partEnd" ? [1, 2, 3].map(() => chunks.textDelta(0, 0, text)).concat(chunk) : [chunk],
  );
  return {
    name: "long-stream",
    ask: chat(model, true, false),
    answer: streamOf(dialect, events),
    expect: { text: text.repeat(3), finish: "stop" },
  };
}

/** A refusal in the dialect's own words. */
export function houseRefusal(
  dialect: ChatDialect | EmbeddingDialect,
  status: number,
  error: ParlanceError,
): RecordedAnswer {
  return json(JSON.stringify(dialect.encodeError(error, "conformance")), status);
}
