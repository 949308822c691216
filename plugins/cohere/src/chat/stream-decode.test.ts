import fc from "fast-check";
import { ChunkOrder, FinishReason, fold, type JsonObject, ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { cohereEvents, cohereSse, cohereStream } from "../../../../test/kits/cohere-wire.js";
import type { Script } from "../../../../test/kits/script.js";
import { cutAt, decodePieces, dialectsOf } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { chat } = dialectsOf(plugin);
const decode = (text: string) => decodePieces(chat, [Buffer.from(text)]);
const follow = (...events: JsonObject[]) => fold(decode(cohereSse(events)));
const START = { type: "message-start", id: "a-1", delta: { message: { role: "assistant" } } };
const END = { type: "message-end", delta: { finish_reason: "COMPLETE" } };
const text = (value: string, index = 0) => ({
  type: "content-delta",
  index,
  delta: { message: { content: { text: value } } },
});
const begin = (index = 0) => ({
  type: "content-start",
  index,
  delta: { message: { content: { type: "text", text: "" } } },
});
const SCRIPTS: readonly Script[] = [
  { reasoning: "Größer? 日本 👋", text: "Hello, wörld — 你好 👋!", finish: "stop", inputTokens: 9, outputTokens: 7 },
  {
    reasoning: "I will look.",
    toolCalls: [
      { id: "look_1", name: "look", arguments: '{"city":"Oslo"}' },
      { id: "look_2", name: "look", arguments: "{}" },
    ],
    finish: "tool_calls",
    inputTokens: 3,
    outputTokens: 2,
  },
];

describe("a stream of Cohere", () => {
  it.each(SCRIPTS)("gives the same chunks for any split of its bytes, in a legal order (law 2): $finish", (script) => {
    const bytes = Buffer.from(cohereStream(script));
    const whole = decodePieces(chat, [bytes]);
    const order = new ChunkOrder();
    for (const { event } of whole) order.take(event);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (places) => {
        expect(decodePieces(chat, cutAt(bytes, places))).toEqual(whole);
      }),
    );
    expect(
      decodePieces(
        chat,
        [...bytes].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual(whole);
  });

  it.each(SCRIPTS)("tells what the whole answer tells: $finish", (script) => {
    const { choices, usage } = fold(decode(cohereStream(script)));
    const parts = choices[0]?.message?.parts ?? [];
    expect(parts.map(({ kind }) => kind.case)).toEqual([
      "reasoning",
      ...(script.text === undefined ? [] : ["text"]),
      ...(script.toolCalls ?? []).map(() => "toolCall"),
    ]);
    expect(parts.flatMap(({ kind }) => (kind.case === "toolCall" ? [kind.value] : []))).toMatchObject(
      script.toolCalls ?? [],
    );
    expect(usage).toMatchObject({ inputTokens: script.inputTokens, outputTokens: script.outputTokens });
  });

  it("trap 122: tells a plan as reasoning, and never as content", () => {
    const { choices } = fold(decode(cohereStream(SCRIPTS[1] as Script)));
    const [plan] = choices[0]?.message?.parts ?? [];
    expect(plan?.kind).toMatchObject({ case: "reasoning", value: { text: "I will look.", dialect: "cohere" } });
    expect(plan?.extensions).toEqual({ cohere: { $form: { plan: true } } });
  });

  it.each([[[]], [["null"]], [["nu", "ll"]], [["", " "]]])(
    "trap 122: has no arguments where the wire writes %j",
    (deltas) => {
      const tool_calls = { id: "now_1", type: "function", function: { name: "now", arguments: "" } };
      const { choices } = follow(
        START,
        { type: "tool-call-start", index: 0, delta: { message: { tool_calls } } },
        ...deltas.map((piece) => ({
          type: "tool-call-delta",
          index: 0,
          delta: { message: { tool_calls: { function: { arguments: piece } } } },
        })),
        { type: "tool-call-end", index: 0 },
        { type: "message-end", delta: { finish_reason: "TOOL_CALL" } },
      );
      expect(choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ id: "now_1", name: "now", arguments: "{}" });
    },
  );

  it("trap 121: ends with a common word, and keeps its own", () => {
    const { choices } = follow(START, begin(), text("a"), {
      type: "message-end",
      delta: { finish_reason: "ERROR_TOXIC" },
    });
    expect(choices[0]?.finish).toMatchObject({ reason: FinishReason.CONTENT_FILTER, raw: "ERROR_TOXIC" });
  });

  it("cites on the open text, and keeps citations of anything else", () => {
    const citation = (more: object) => ({
      type: "citation-start",
      index: 0,
      delta: { message: { citations: { start: 0, end: 1, text: "a", sources: [], ...more } } },
    });
    const { choices } = follow(
      START,
      begin(1),
      text("a", 1),
      citation({ type: "TEXT_CONTENT", content_index: 1 }),
      { type: "citation-end", index: 0 },
      citation({ type: "PLAN" }),
      { type: "content-end", index: 1 },
      citation({ type: "TEXT_CONTENT" }),
      END,
    );
    const [part] = choices[0]?.message?.parts ?? [];
    expect(part?.kind.case === "text" && part.kind.value.citations).toMatchObject([{ startIndex: 0, endIndex: 1 }]);
    expect(choices[0]?.message?.extensions).toMatchObject({ cohere: { citations: [{ type: "PLAN" }, {}] } });
  });

  it("tells log probabilities, and keeps events that it does not know", () => {
    const completion = follow(
      START,
      { type: "debug", prompt: "<x>" },
      begin(),
      { ...text("a"), logprobs: { text: "a", logprobs: [-1] } },
      END,
    );
    expect(completion.choices[0]?.logprobs?.content).toMatchObject([{ token: "a", logprob: -1 }]);
    expect(completion.extensions).toEqual({ cohere: { events: [{ type: "debug", prompt: "<x>" }] } });
  });

  it("reads content that never said that it began or ended", () => {
    const { choices } = follow(START, text("a"), text("b"), END);
    expect(choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ text: "ab" });
  });

  it("trap 120: that tells an error is one, and no answer", () => {
    const failed = (...events: JsonObject[]) => {
      try {
        return follow(START, begin(), text("a"), ...events);
      } catch (thrown) {
        const { code, message } = ParlanceError.from(thrown);
        return [code, message];
      }
    };
    expect(failed({ type: "message-end", delta: { finish_reason: "ERROR", error: "boom" } })).toEqual([
      "provider_error",
      "boom",
    ]);
    expect(() => decode('data: {"id":"1","message":"gone"}\n\n')).toThrow("gone");
    expect(failed({ type: "error", message: "gone too" })).toEqual(["provider_error", "gone too"]);
    expect(failed()).toEqual(["stream_unfinished", expect.stringContaining("before the answer was whole")]);
    expect(() => decode("data: nonsense\n\n")).toThrow(/not a JSON object/);
  });

  it("tells calls by their numbers, whose events may come by turns", () => {
    const call = (type: string, index: number, inner: JsonObject, more: JsonObject = {}): JsonObject => ({
      type,
      index,
      delta: { message: { tool_calls: { ...more, function: inner } } },
    });
    const { choices } = follow(
      START,
      call("tool-call-start", 0, { name: "f", arguments: "" }, { id: "a", type: "function", zz: 1 }),
      call("tool-call-start", 1, { name: "g", arguments: "" }, { id: "b", type: "function" }),
      call("tool-call-delta", 1, { arguments: '{"y":' }),
      call("tool-call-delta", 0, { arguments: '{"x":1}' }),
      call("tool-call-delta", 1, { arguments: "2}" }),
      { type: "tool-call-end", index: 1 },
      { type: "tool-call-end", index: 0 },
      END,
    );
    const parts = choices[0]?.message?.parts ?? [];
    expect(parts.map(({ kind }) => kind.value)).toMatchObject([
      { id: "a", name: "f", arguments: '{"x":1}' },
      { id: "b", name: "g", arguments: '{"y":2}' },
    ]);
    expect(parts[0]?.extensions).toEqual({ cohere: { zz: 1 } });
    const lone = call("tool-call-delta", 7, { arguments: "{}" });
    expect(() => follow(START, lone, END)).toThrow(/not open/);
  });

  it("is whole with its last event, whatever comes after", () => {
    const events = cohereSse(cohereEvents(SCRIPTS[0] as Script));
    expect(decode(`${events}data: [DONE]\n\n`)).toEqual(decode(events));
  });
});
