// What goes over the wires: requests and canned answers, made once. Every process of a run makes the same ones.
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";

const { ChatRequestSchema, Role } = await built("parlance/v1/chat_pb.js");
const completions = await built("parlance/v1/completion_service_pb.js");
const { ChunkSchema, CompletionSchema, FinishReason } = await built("parlance/v1/completion_pb.js");

/** `data:` frames of a streamed answer that carry text, or begin or end it. Costs of a frame are told as 1/200 of a stream. */
export const FRAMES = 200;
/** Paced streams send one frame in so many milliseconds. */
export const PACE_MS = 2;
/** The service whose stubs `parlance`, `grpc-js` and `connect-node` serve. */
export const { CompletionService } = completions;

const CREATED = 1_760_000_000;
const PROMPT = { small: "Which river runs through Paris? Say it in one word, please.", large: text(99_700) };
const ANSWER = { small: "The Seine runs through Paris, from the east to the west of the city.", large: text(20_000) };
const WORD = " river";
const HEAD = { id: "chatcmpl-bench-0000000000000000", created: CREATED, model: "upstream-model-2026-01-01" };
const OPENAI_USAGE = { prompt_tokens: 19, completion_tokens: FRAMES, total_tokens: 19 + FRAMES };
const ANTHROPIC_USAGE = { input_tokens: 19, output_tokens: FRAMES };

/** The text that an answer must hold, so that only a right answer counts. */
export function expectedText({ stream, size }) {
  return stream === undefined ? ANSWER[size] : WORD.repeat(FRAMES - 2);
}

/** An OpenAI request. `pace` becomes the model's name, by which the upstream knows how to stream. */
export function openAiRequest({ stream, size }) {
  const asked = {
    model: stream === "paced" ? "paced" : "burst",
    messages: [
      { role: "system", content: "You are brief." },
      { role: "user", content: PROMPT[size] },
    ],
    max_tokens: 1024,
  };
  return Buffer.from(
    JSON.stringify(stream === undefined ? asked : { ...asked, stream: true, stream_options: { include_usage: true } }),
  );
}

/** The same request as `parlance.v1` has it, in protobuf (with its gRPC prefix) or as JSON. */
export function rpcRequest({ stream, size }, encoding) {
  const chat = create(ChatRequestSchema, {
    model: stream === "paced" ? "paced" : "burst",
    messages: [
      { role: Role.SYSTEM, parts: [textPart("You are brief.")] },
      { role: Role.USER, parts: [textPart(PROMPT[size])] },
    ],
    maxOutputTokens: 1024,
  });
  const schema = stream === undefined ? completions.CompleteRequestSchema : completions.StreamCompleteRequestSchema;
  const message = create(schema, { chat });
  if (encoding === "json") return Buffer.from(toJsonString(schema, message));
  const bytes = toBinary(schema, message);
  const framed = Buffer.alloc(5 + bytes.length);
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, 5);
  return framed;
}

/** The upstream's whole answer, as a JSON body. */
export function wholeAnswer(dialect, size) {
  if (dialect === "anthropic") {
    return Buffer.from(
      JSON.stringify({
        id: "msg_bench00000000000000",
        type: "message",
        role: "assistant",
        model: HEAD.model,
        content: [{ type: "text", text: ANSWER[size] }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: ANTHROPIC_USAGE,
      }),
    );
  }
  const message = { role: "assistant", content: ANSWER[size], refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
  return Buffer.from(JSON.stringify({ ...HEAD, object: "chat.completion", choices, usage: OPENAI_USAGE }));
}

/** The upstream's streamed answer: its frames, the closing ones included. */
export function streamedAnswer(dialect) {
  return dialect === "anthropic" ? anthropicFrames() : openAiFrames();
}

function openAiFrames() {
  const event = (delta, finish) =>
    frame({
      ...HEAD,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
    });
  return [
    event({ role: "assistant", content: "" }, null),
    ...Array.from({ length: FRAMES - 2 }, () => event({ content: WORD }, null)),
    event({}, "stop"),
    frame({ ...HEAD, object: "chat.completion.chunk", choices: [], usage: OPENAI_USAGE }),
    Buffer.from("data: [DONE]\n\n"),
  ];
}

function anthropicFrames() {
  const event = (type, rest) => frame({ type, ...rest }, type);
  const message = {
    id: "msg_bench00000000000000",
    type: "message",
    role: "assistant",
    model: HEAD.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 19, output_tokens: 1 },
  };
  return [
    event("message_start", { message }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...Array.from({ length: FRAMES - 2 }, () =>
      event("content_block_delta", { index: 0, delta: { type: "text_delta", text: WORD } }),
    ),
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: ANTHROPIC_USAGE }),
    event("message_stop", {}),
  ];
}

/** What the echo services answer: the same answer as a `parlance.v1` message. */
export function completionMessage(size) {
  return create(completions.CompleteResponseSchema, {
    completion: create(CompletionSchema, {
      id: HEAD.id,
      model: HEAD.model,
      createTime: { seconds: BigInt(CREATED) },
      choices: [
        {
          message: { role: Role.ASSISTANT, parts: [textPart(ANSWER[size])] },
          finish: { reason: FinishReason.STOP, raw: "stop" },
        },
      ],
      usage: { inputTokens: 19, outputTokens: FRAMES },
    }),
  });
}

/** The same answer as a stream of `parlance.v1` messages. */
export function chunkMessages() {
  const chunk = (name, value) =>
    create(completions.StreamCompleteResponseSchema, {
      chunk: create(ChunkSchema, { event: { case: name, value } }),
    });
  return [
    chunk("completionStart", { id: HEAD.id, model: HEAD.model }),
    ...Array.from({ length: FRAMES - 2 }, () => chunk("textDelta", { text: WORD })),
    chunk("finish", { finish: { reason: FinishReason.STOP, raw: "stop" } }),
    chunk("completionEnd", {}),
  ];
}

function frame(value, event) {
  return Buffer.from(`${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`);
}

function textPart(value) {
  return { kind: { case: "text", value: { text: value } } };
}

function text(length) {
  const line = 'He said: "a river runs through it", and so it did.\n';
  return line.repeat(Math.ceil(length / line.length)).slice(0, length);
}

/** The generated code as it was built; its path is put together here, as there is none before the build. */
function built(path) {
  return import(new URL(`../../.cache/modules/gen/${path}`, import.meta.url).href);
}
