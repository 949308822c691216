import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readStream, responseOf, sseOf } from "../../../test/support/responses-streams.js";
import { FinishReason, type JsonObject, type Part } from "../../sdk/index.js";

const created: JsonObject = { type: "response.created", response: responseOf({ status: "in_progress", usage: null }) };
const completed = (more: JsonObject = {}): JsonObject => ({ type: "response.completed", response: responseOf(more) });
const at = (type: string, index: number, more: JsonObject = {}): JsonObject => ({
  type: `response.${type}`,
  output_index: index,
  item_id: `id_${index}`,
  ...more,
});
const piece = (type: string, index: number, more: JsonObject = {}): JsonObject =>
  at(type, index, { content_index: 0, ...more });
const added = (index: number, item: JsonObject): JsonObject => ({
  type: "response.output_item.added",
  output_index: index,
  item: { id: `id_${index}`, status: "in_progress", ...item },
});
const done = (index: number, item: JsonObject): JsonObject => ({
  type: "response.output_item.done",
  output_index: index,
  item: { id: `id_${index}`, status: "completed", ...item },
});
const message = (content: JsonObject[] = []): JsonObject => ({ type: "message", role: "assistant", content });
const outputText = (words: string, more: JsonObject = {}): JsonObject => ({
  type: "output_text",
  text: words,
  annotations: [],
  ...more,
});

const read = (...events: JsonObject[]) => readStream([Buffer.from(sseOf(created, ...events))]);
const parts = (...events: JsonObject[]): Part["kind"][] => {
  const { completion, error } = read(...events);
  expect(error).toBeUndefined();
  return (completion.choices[0]?.message?.parts ?? []).map(({ kind }) => kind);
};

const textStream: JsonObject[] = [
  added(0, message()),
  piece("content_part.added", 0, { part: outputText("") }),
  piece("output_text.delta", 0, { delta: "Hé", logprobs: [] }),
  piece("output_text.delta", 0, { delta: "llo 😀", logprobs: [], obfuscation: "abc" }),
  piece("output_text.done", 0, { text: "Héllo 😀", logprobs: [] }),
  piece("content_part.done", 0, { part: outputText("Héllo 😀") }),
  done(0, message([outputText("Héllo 😀")])),
];

describe("a stream", () => {
  test("trap 104: is text, finish and usage, and its padding tells nothing", () => {
    const { chunks, completion } = read(...textStream, completed());
    expect(chunks.map(({ event }) => event.case)).toEqual([
      "completionStart",
      "partStart",
      "textDelta",
      "textDelta",
      "partEnd",
      "finish",
      "usage",
      "completionEnd",
    ]);
    expect(completion).toMatchObject({
      id: "resp_1",
      model: "gpt-x",
      choices: [{ finish: { reason: FinishReason.STOP, raw: "completed" } }],
      usage: { inputTokens: 5, outputTokens: 3 },
    });
    expect(completion.choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ text: "Héllo 😀" });
  });

  test("trap 146: is the same at any split of its bytes, within characters too", () => {
    const bytes = Buffer.from(sseOf(created, ...textStream, completed()));
    const whole = readStream([bytes]);
    expect(readStream(Array.from(bytes, (byte) => Buffer.from([byte]))).chunks).toEqual(whole.chunks);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
        const pieces = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
        expect(readStream(pieces).chunks).toEqual(whole.chunks);
      }),
    );
  });

  test("trap 147: is read with any line ends, comments and without a last blank line", () => {
    const sse = `: hello\n\n${sseOf(created, ...textStream, completed()).trimEnd()}`;
    const plain = readStream([Buffer.from(sse)]);
    for (const ending of ["\r\n", "\r"]) {
      expect(readStream([Buffer.from(sse.replaceAll("\n", ending))]).chunks).toEqual(plain.chunks);
    }
    expect(plain.error).toBeUndefined();
  });

  test("calls come side by side, each by its index", () => {
    const call = (index: number, args = ""): JsonObject => ({
      type: "function_call",
      call_id: `call_${index}`,
      name: "look",
      arguments: args,
    });
    const kinds = parts(
      added(0, call(0)),
      added(1, { type: "custom_tool_call", call_id: "call_1", name: "sql", input: "" }),
      at("function_call_arguments.delta", 0, { delta: '{"a":' }),
      at("custom_tool_call_input.delta", 1, { delta: "select" }),
      at("function_call_arguments.delta", 0, { delta: "1}" }),
      at("function_call_arguments.done", 0, { arguments: '{"a":1}' }),
      at("custom_tool_call_input.done", 1, { input: "select 1" }),
      done(0, call(0, '{"a":1}')),
      done(1, { type: "custom_tool_call", call_id: "call_1", name: "sql", input: "select 1" }),
      completed(),
    );
    expect(kinds).toMatchObject([
      { case: "toolCall", value: { id: "call_0", arguments: '{"a":1}' } },
      { case: "toolCall", value: { id: "call_1", arguments: "select 1" } },
    ]);
    expect(read(added(0, call(0)), done(0, call(0, "{}")), completed()).completion.choices[0]?.finish?.reason).toBe(
      FinishReason.TOOL_CALLS,
    );
  });

  test("trap 143: items are told apart by their index, since their ids may change from event to event", () => {
    const kinds = parts(
      added(0, { type: "reasoning", summary: [], encrypted_content: "early" }),
      at("reasoning_summary_part.added", 0, { item_id: "other_1", summary_index: 0, part: {} }),
      at("reasoning_summary_text.delta", 0, { item_id: "other_2", summary_index: 0, delta: "One." }),
      at("reasoning_summary_text.done", 0, { item_id: "other_3", summary_index: 0, text: "One." }),
      at("reasoning_summary_text.delta", 0, { item_id: "other_4", summary_index: 1, delta: "Two." }),
      done(0, { id: "other_5", type: "reasoning", summary: [], encrypted_content: "late" }),
      completed(),
    );
    expect(kinds).toMatchObject([
      { case: "reasoning", value: { text: "One.\n\nTwo.", encryptedContent: "late", dialect: "openai-responses" } },
    ]);
  });

  test("reasoning that is content is reasoning too", () => {
    const whole = { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Hm. So." }] };
    const kinds = parts(
      added(0, { type: "reasoning", summary: [] }),
      piece("reasoning_part.added", 0, { part: { type: "reasoning_text", text: "" } }),
      piece("reasoning_text.delta", 0, { delta: "Hm." }),
      piece("reasoning_text.done", 0, { text: "Hm. So." }),
      done(0, whole),
      completed(),
    );
    expect(kinds).toMatchObject([{ case: "reasoning", value: { text: "Hm. So." } }]);
  });

  test("annotations and log probabilities are read once, whether they come early or late", () => {
    const annotation = { type: "url_citation", url: "https://a.example", title: "A", start_index: 0, end_index: 1 };
    const late = { ...annotation, url: "https://b.example" };
    const logprobs = [{ token: "x", logprob: -1, bytes: [120], top_logprobs: [] }];
    const { completion } = read(
      added(0, message()),
      piece("content_part.added", 0, { part: outputText("") }),
      piece("output_text.delta", 0, { delta: "x", logprobs }),
      piece("output_text.annotation.added", 0, { annotation_index: 0, annotation }),
      piece("output_text.done", 0, { text: "x", logprobs }),
      piece("content_part.done", 0, { part: outputText("x", { annotations: [annotation, late], logprobs }) }),
      done(0, message([outputText("x", { annotations: [annotation, late], logprobs })])),
      completed(),
    );
    const kind = completion.choices[0]?.message?.parts[0]?.kind;
    expect(kind?.case === "text" && kind.value.citations.map(({ url }) => url)).toEqual([
      "https://a.example",
      "https://b.example",
    ]);
    expect(completion.choices[0]?.logprobs?.content).toHaveLength(1);
  });

  test("trap 134: items and events that nobody knows are kept whole, or pass by", () => {
    const search = { type: "web_search_call", action: { type: "search", query: "q" } };
    const kinds = parts(
      added(0, { type: "web_search_call" }),
      at("web_search_call.searching", 0),
      { type: "response.x_event", x: 1 },
      { type: "keepalive" },
      done(0, search),
      completed({
        output: [
          { id: "id_0", ...search },
          { type: "x_item", id: "x" },
        ],
      }),
    );
    expect(kinds).toMatchObject([
      { case: "opaque", value: { dialect: "openai-responses", value: search } },
      { case: "opaque", value: { value: { type: "x_item", id: "x" } } },
    ]);
  });

  test("what the deltas left out is told by the events that end, and by the last", () => {
    expect(parts(completed({ output: [message([outputText("All at once.")])] }))).toMatchObject([
      { case: "text", value: { text: "All at once." } },
    ]);
    expect(parts(piece("output_text.delta", 0, { delta: "No beginning." }), completed())).toMatchObject([
      { case: "text", value: { text: "No beginning." } },
    ]);
    expect(
      parts(added(0, message()), done(0, message([{ type: "refusal", refusal: "No." }])), completed()),
    ).toMatchObject([{ case: "refusal", value: { text: "No." } }]);
  });

  test("trap 142: response.incomplete says why", () => {
    const { completion } = read(...textStream, {
      type: "response.incomplete",
      response: responseOf({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
    });
    expect(completion.choices[0]?.finish).toMatchObject({ reason: FinishReason.LENGTH, raw: "max_output_tokens" });
  });

  test("the numbers of events are not needed, as old servers do not write them", () => {
    const sse = sseOf(created, ...textStream, completed()).replaceAll(/"sequence_number":\d+,/g, "");
    expect(readStream([Buffer.from(sse)]).error).toBeUndefined();
  });
});

describe("a failure", () => {
  test.each<[string, JsonObject, string]>([
    [
      "response.failed",
      {
        type: "response.failed",
        response: responseOf({ status: "failed", error: { code: "rate_limit_exceeded", message: "Slow down." } }),
      },
      "provider_rate_limited",
    ],
    ["an error event", { type: "error", code: "server_error", message: "Slow down.", param: null }, "provider_error"],
    [
      "an error event with an object",
      { type: "error", error: { type: "overloaded_error", message: "Slow down." } },
      "provider_overloaded",
    ],
    [
      "trap 151: a context that is too long",
      { type: "error", code: "context_length_exceeded", message: "Slow down.", param: "input" },
      "context_length_exceeded",
    ],
  ])("%s is an error of the table with the provider's words", (_, event, code) => {
    const { error } = read(...textStream, event);
    expect(error).toMatchObject({ code, message: "Slow down." });
  });

  test("a stream that ends before its last event is unfinished", () => {
    expect(read(...textStream).error?.code).toBe("stream_unfinished");
    expect(readStream([]).error?.code).toBe("stream_unfinished");
  });

  test("an event that is no JSON is the provider's fault", () => {
    const { error } = readStream([Buffer.from("event: response.created\ndata: {\n\n")]);
    expect(error?.code).toBe("malformed_answer");
  });
});
