import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockStart,
  blockStop,
  delta,
  messageDelta,
  messageStop,
  readStream,
  sseOf,
  start,
  textBlock,
} from "../../../test/support/anthropic-streams.js";
import { FinishReason, fold, type JsonObject, type Part, unfold } from "../../sdk/index.js";

const read = (...events: JsonObject[]) => readStream([Buffer.from(sseOf(...events))]);
const partsOf = (...events: JsonObject[]): Part[] => {
  const { completion, error } = read(start(), ...events, messageDelta("end_turn"), messageStop);
  expect(error).toBeUndefined();
  return completion.choices[0]?.message?.parts ?? [];
};
const json = (index: number, ...pieces: string[]): JsonObject[] =>
  pieces.map((partial_json) => delta(index, { type: "input_json_delta", partial_json }));

describe("a stream of events", () => {
  it("tells its start, its parts, its finish, its usage and its end, in this order", () => {
    const { chunks } = read(start(), ...textBlock(0, "a", "b"), messageDelta("end_turn"), messageStop);
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
  });

  it("trap 44: a call's first piece is empty and its start says {}, and neither is told", () => {
    const [part] = partsOf(
      blockStart(0, { type: "tool_use", id: "t", name: "n", input: {} }),
      ...json(0, "", '{"a"', ":1}"),
      blockStop(0),
    );
    expect(part?.kind).toMatchObject({ case: "toolCall", value: { id: "t", name: "n", arguments: '{"a":1}' } });
  });

  it("trap 45: a call without arguments has {}, and one whose start holds them has those", () => {
    const [bare, told] = partsOf(
      blockStart(0, { type: "tool_use", id: "t", name: "n", input: {} }),
      ...json(0, ""),
      blockStop(0),
      blockStart(1, { type: "tool_use", id: "u", name: "n", input: { a: 1 } }),
      blockStop(1),
    );
    expect(bare?.kind).toMatchObject({ value: { arguments: "{}" } });
    expect(told?.kind).toMatchObject({ value: { arguments: '{"a":1}' } });
  });

  it("trap 46: pings and events that are not known pass by", () => {
    const { error, completion } = read(
      start(),
      { type: "ping" },
      { type: "something_new", a: 1 },
      ...textBlock(0, "a"),
      messageDelta("end_turn"),
      messageStop,
    );
    expect(error).toBeUndefined();
    expect(completion.choices[0]?.message?.parts).toHaveLength(1);
  });

  it("trap 48: trap 49: later totals replace the start's, and are never added to them", () => {
    const first = { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 3, service_tier: "standard" };
    const { completion } = read(
      start(first),
      messageDelta("end_turn", { output_tokens: 20, input_tokens: 10, cache_creation_input_tokens: null }),
      messageStop,
    );
    expect(completion.usage).toMatchObject({ inputTokens: 17, outputTokens: 20, cacheReadTokens: 7 });
    expect(completion.serviceTier).toBe("standard");
  });

  it.each([
    ["overloaded_error", "provider_overloaded"],
    ["rate_limit_error", "provider_rate_limited"],
    ["api_error", "provider_error"],
    ["invalid_request_error", "invalid_request"],
    ["authentication_error", "provider_unauthenticated"],
    ["timeout_error", "provider_timeout"],
  ])("trap 51: an event of error %s after content is the error %s", (type, code) => {
    const { error, completion } = read(
      start(),
      blockStart(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "a" }),
      {
        type: "error",
        error: { type, message: "why" },
      },
    );
    expect(error?.code).toBe(code);
    expect(error?.facts.providerType).toBe(type);
    expect(completion.choices[0]?.finish).toBeUndefined();
  });

  it("trap 52: an end without message_stop is not the answer's", () => {
    for (const events of [
      [],
      [start()],
      [start(), ...textBlock(0, "a")],
      [start(), ...textBlock(0, "a"), messageDelta("end_turn")],
    ]) {
      expect(read(...events).error?.code).toBe("stream_unfinished");
    }
  });

  it("trap 54: thinking, its signature and redacted thinking are reasoning, the last whole at its start", () => {
    const [thinking, redacted] = partsOf(
      blockStart(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "h" }),
      delta(0, { type: "thinking_delta", thinking: "m" }),
      delta(0, { type: "signature_delta", signature: "sig==" }),
      blockStop(0),
      blockStart(1, { type: "redacted_thinking", data: "x==" }),
      blockStop(1),
    );
    expect(thinking?.kind).toMatchObject({ value: { text: "hm", signature: "sig==", dialect: "anthropic-messages" } });
    expect(redacted?.kind).toMatchObject({ value: { encryptedContent: "x==" } });
  });

  it("trap 55: padding before the last brace is only white space", () => {
    const sse = sseOf(start(), ...textBlock(0, "a"), messageDelta("end_turn"), messageStop).replace(
      /\}\n\n/g,
      "        }\n\n",
    );
    expect(readStream([Buffer.from(sse)]).error).toBeUndefined();
  });

  it("trap 56: a refusal after some text keeps the text, and its details", () => {
    const { completion } = read(
      start(),
      ...textBlock(0, "Well"),
      messageDelta("refusal", { output_tokens: 2 }, { stop_details: { type: "refusal", category: "bio" } }),
      messageStop,
    );
    const [choice] = completion.choices;
    expect(choice?.finish).toMatchObject({ reason: FinishReason.CONTENT_FILTER, raw: "refusal" });
    expect(choice?.message?.parts[0]?.kind).toMatchObject({ value: { text: "Well" } });
    expect(choice?.extensions).toEqual({
      "anthropic-messages": { stop_details: { type: "refusal", category: "bio" } },
    });
  });

  it("collects the input of the provider's own tools, and tells each of their blocks whole", () => {
    const [use, found, text, compaction] = partsOf(
      blockStart(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      ...json(0, "", '{"query":', '"q"}'),
      blockStop(0),
      blockStart(1, { type: "web_search_tool_result", tool_use_id: "s", content: [{ url: "u" }] }),
      blockStop(1),
      blockStart(2, { type: "text", text: "", citations: [] }),
      delta(2, {
        type: "citations_delta",
        citation: { type: "web_search_result_location", url: "u", cited_text: "c" },
      }),
      delta(2, { type: "text_delta", text: "a" }),
      blockStop(2),
      blockStart(3, { type: "compaction", content: null }),
      delta(3, { type: "compaction_delta", content: "sum" }),
      blockStop(3),
    );
    expect(use?.kind).toMatchObject({ case: "opaque", value: { value: { input: { query: "q" } } } });
    expect(found?.kind).toMatchObject({ case: "opaque", value: { value: { type: "web_search_tool_result" } } });
    expect(text?.kind).toMatchObject({ value: { text: "a", citations: [{ url: "u", citedText: "c" }] } });
    expect(compaction?.kind).toMatchObject({ value: { value: { type: "compaction", content: "sum" } } });
  });

  it("turns a call of the hidden tool into text, and its finish into stop", () => {
    const { completion } = read(
      start(),
      blockStart(0, { type: "tool_use", id: "t", name: "parlance_json_answer", input: {} }),
      ...json(0, "", '{"a":', "1}"),
      blockStop(0),
      messageDelta("tool_use"),
      messageStop,
    );
    expect(completion.choices[0]?.message?.parts.map(({ kind }) => kind)).toMatchObject([
      { case: "text", value: { text: '{"a":1}' } },
    ]);
    expect(completion.choices[0]?.finish?.reason).toBe(FinishReason.STOP);
  });

  it("reads an answer that comes whole with its start, and one that starts twice", () => {
    const whole = start();
    (whole.message as JsonObject).content = [{ type: "text", text: "a" }];
    (whole.message as JsonObject).stop_reason = "end_turn";
    const ready = read(whole, messageStop);
    expect(ready.error).toBeUndefined();
    expect(ready.completion.choices[0]).toMatchObject({ finish: { raw: "end_turn" } });
    const twice = read(start(), start(), ...textBlock(0, "a"), messageDelta("end_turn"), messageStop);
    expect(twice.error).toBeUndefined();
    expect(twice.chunks.filter(({ event }) => event.case === "completionStart")).toHaveLength(1);
  });

  it.each([
    ["is no JSON", 'event: content_block_delta\ndata: {"type":\n\n'],
    ["belongs to no block", sseOf(start(), delta(3, { type: "text_delta", text: "a" }))],
    [
      "begins a block twice",
      sseOf(start(), blockStart(0, { type: "text", text: "" }), blockStart(0, { type: "text", text: "" })),
    ],
  ])("with an event that %s is a fault of the provider", (_, sse) => {
    expect(readStream([Buffer.from(sse)]).error?.code).toBe("malformed_answer");
  });

  it("is the same however its bytes are cut", () => {
    const sse = sseOf(
      start(),
      ...textBlock(0, "naïve ", "漢字 \u{1f600}"),
      blockStart(1, { type: "tool_use", id: "t", name: "n", input: {} }),
      ...json(1, "", '{"é":"\\n"}'),
      blockStop(1),
      messageDelta("tool_use"),
      messageStop,
    );
    for (const text of [sse, sse.replaceAll("\n", "\r\n"), sse.replaceAll("\n", "\r")]) {
      const bytes = Buffer.from(text);
      const whole = readStream([bytes]);
      expect(whole.error).toBeUndefined();
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (places) => {
          const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
          const pieces = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
          expect(readStream(pieces).chunks).toEqual(whole.chunks);
        }),
        { numRuns: 60 },
      );
      expect(fold(unfold(whole.completion))).toEqual(whole.completion);
    }
  });
});
