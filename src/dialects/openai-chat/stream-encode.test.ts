import { describe, expect, test } from "vitest";
import {
  type AnswerContext,
  type Chunk,
  chunks,
  create,
  FinishReason,
  LossKind,
  LossSchema,
  ParlanceError,
  ToolKind,
  UsageSchema,
} from "../../sdk/index.js";
import { openaiChat } from "./index.js";

const context: AnswerContext = {
  requestId: "req",
  model: "asked",
  created: 5,
  includeUsage: false,
  legacyFunctions: false,
};
const start = chunks.completionStart({ id: "msg_1", model: "claude", createTime: { seconds: 9n, nanos: 0 } });
const text = [
  chunks.partStart(0, 0, { kind: { case: "text", value: {} } }),
  chunks.textDelta(0, 0, "Hi"),
  chunks.partEnd(0, 0),
];
const stop = chunks.finish(0, { reason: FinishReason.STOP, raw: "end_turn" });
const end = chunks.completionEnd();

interface WireChunk {
  id: string;
  object: string;
  created: number;
  model: string;
  usage?: unknown;
  parlance?: unknown;
  choices: {
    index: number;
    delta: Record<string, unknown>;
    finish_reason: string | null;
    native_finish_reason?: string;
  }[];
}

function encode(list: Chunk[], more: Partial<AnswerContext> = {}): { events: WireChunk[]; text: string } {
  const encoder = openaiChat.streamEncoder({ ...context, ...more });
  const out = list.map((chunk) => encoder.encode(chunk)).join("");
  const events = out
    .split("\n\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as WireChunk);
  return { events, text: out };
}

const call = (part: number, id: string, ...args: string[]) => [
  chunks.partStart(0, part, { kind: { case: "toolCall", value: { id, name: "f", kind: ToolKind.FUNCTION } } }),
  ...args.map((piece) => chunks.toolCallDelta(0, part, piece)),
  chunks.partEnd(0, part),
];
const toolDeltas = (events: WireChunk[]) =>
  events.flatMap(({ choices }) =>
    choices.flatMap(
      ({ delta }) =>
        (delta.tool_calls ?? []) as {
          index: number;
          id?: string;
          type?: string;
          function: { name?: string; arguments: string };
        }[],
    ),
  );

describe("the stream encoder", () => {
  test("trap 47: the role comes once, the finish chunk is empty, finish_reason is null elsewhere", () => {
    const { events, text: out } = encode([start, ...text, stop, end]);
    expect(events.map(({ choices }) => [choices[0]?.delta, choices[0]?.finish_reason])).toEqual([
      [{ role: "assistant", content: "" }, null],
      [{ content: "Hi" }, null],
      [{}, "stop"],
    ]);
    expect(out.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("trap 39: id, model, object and time are the same in every chunk", () => {
    for (const { id, model, object, created } of encode([start, ...text, stop, end]).events) {
      expect([id, model, object, created]).toEqual(["msg_1", "claude", "chat.completion.chunk", 9]);
    }
    expect(encode([chunks.completionStart({}), ...text, stop, end]).events[0]).toMatchObject({
      id: "req",
      model: "asked",
      created: 5,
    });
  });

  test("trap 42: calls are counted among calls, not among parts", () => {
    const { events } = encode([start, ...text, ...call(1, "a", "{}"), ...call(2, "b", "{}"), stop, end]);
    expect(toolDeltas(events).map(({ index }) => index)).toEqual([0, 0, 1, 1]);
  });

  test("trap 43: the choice's number is the choice's", () => {
    const { events } = encode([start, ...call(0, "a", "{}"), stop, end]);
    expect(events.every(({ choices }) => choices[0]?.index === 0)).toBe(true);
  });

  test("trap 44: the first delta of a call has its id, type, name and no arguments", () => {
    const { events } = encode([start, ...call(0, "a", "", '{"x"', ":1}"), stop, end]);
    const deltas = toolDeltas(events);
    expect(deltas[0]).toEqual({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } });
    expect(deltas.slice(1).every((delta) => Object.keys(delta).join() === "index,function")).toBe(true);
    expect(deltas.map((delta) => delta.function.arguments).join("")).toBe('{"x":1}');
  });

  test("trap 45: a call without arguments ends as an empty object", () => {
    const { events } = encode([start, ...call(0, "a"), stop, end]);
    expect(
      toolDeltas(events)
        .map((delta) => delta.function.arguments)
        .join(""),
    ).toBe("{}");
  });

  test("trap 50 and 127: usage is a chunk of its own, only where it was asked for", () => {
    const usage = chunks.usage(create(UsageSchema, { inputTokens: 3, outputTokens: 4, cacheReadTokens: 1 }));
    const asked = encode([start, ...text, stop, usage, end], { includeUsage: true }).events;
    expect(asked.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, prompt_tokens_details: { cached_tokens: 1 } },
    });
    expect(asked.slice(0, -1).every((event) => event.usage === null)).toBe(true);
    const unasked = encode([start, ...text, stop, usage, end]).events;
    expect(unasked.every((event) => !("usage" in event) && event.choices.length === 1)).toBe(true);
  });

  test("trap 51: an error is told, and then neither a finish nor [DONE]", () => {
    const encoder = openaiChat.streamEncoder(context);
    for (const chunk of [start, ...text]) encoder.encode(chunk);
    const out = encoder.error(new ParlanceError("provider_overloaded", "Overloaded"));
    expect(out).toMatch(/^data: \{"error":\{"message":"Overloaded".*\}\n\n$/);
    expect(out).not.toContain("[DONE]");
  });

  test("trap 54: reasoning goes out as it comes, its seal with the message at the end", () => {
    const sealed = [
      chunks.partStart(0, 0, { kind: { case: "reasoning", value: { dialect: "anthropic-messages" } } }),
      chunks.reasoningDelta(0, 0, "think"),
      chunks.reasoningDelta(0, 0, "", "sig"),
      chunks.partEnd(0, 0),
    ];
    const { events } = encode([start, ...sealed, stop, end]);
    const deltas = events.map(({ choices }) => choices[0]?.delta);
    expect(deltas[1]).toEqual({ reasoning_content: "think" });
    expect(deltas[2]).toEqual({
      parlance: {
        parts: [{ at: 0, part: { reasoning: { text: "think", signature: "sig", dialect: "anthropic-messages" } } }],
      },
    });
  });

  test("trap 54: a seal that comes after the reasoning goes out with the message at the end too", () => {
    const sealed = [
      chunks.partStart(0, 0, { kind: { case: "reasoning", value: { dialect: "openai-responses" } } }),
      chunks.reasoningDelta(0, 0, "think"),
      chunks.reasoningSeal(0, 0, "sealed"),
      chunks.partEnd(0, 0),
    ];
    const { events } = encode([start, ...sealed, stop, end]);
    const reasoning = { text: "think", encryptedContent: "sealed", dialect: "openai-responses" };
    expect(events.map(({ choices }) => choices[0]?.delta)[2]).toEqual({
      parlance: { parts: [{ at: 0, part: { reasoning } }] },
    });
  });

  test("trap 31: an unknown or foreign finish becomes a word that clients know, its own word beside it", () => {
    const words = [
      [FinishReason.STOP, "end_turn", "stop"],
      [FinishReason.PAUSE, "pause_turn", "stop"],
      [FinishReason.LENGTH, "max_tokens", "length"],
      [FinishReason.TOOL_CALLS, "tool_use", "tool_calls"],
      [FinishReason.CONTENT_FILTER, "refusal", "content_filter"],
      [FinishReason.UNSPECIFIED, "new", "stop"],
    ] as const;
    for (const [reason, raw, word] of words) {
      const choice = encode([start, chunks.finish(0, { reason, raw }), end]).events.at(-1)?.choices[0];
      expect([choice?.finish_reason, choice?.native_finish_reason]).toEqual([word, raw]);
    }
  });

  test("trap 131: a caller with functions is answered with function_call", () => {
    const { events } = encode(
      [start, ...call(0, "a", "{}"), chunks.finish(0, { reason: FinishReason.TOOL_CALLS, raw: "tool_use" }), end],
      { legacyFunctions: true },
    );
    expect(events[1]?.choices[0]?.delta).toEqual({ function_call: { name: "f", arguments: "" } });
    expect(events.at(-1)?.choices[0]?.finish_reason).toBe("function_call");
  });

  test("losses are told in the last chunk before [DONE]", () => {
    const loss = create(LossSchema, { path: "top_k", kind: LossKind.DROPPED, reason: "No." });
    const { events } = encode([start, ...text, stop, chunks.completionEnd({ losses: [loss] })]);
    expect(events.at(-1)).toMatchObject({
      choices: [],
      parlance: { losses: [{ path: "top_k", kind: "dropped", reason: "No." }] },
    });
  });

  test("trap 128: a refusal goes out as a refusal", () => {
    const { events } = encode([
      start,
      chunks.partStart(0, 0, { kind: { case: "refusal", value: {} } }),
      chunks.refusalDelta(0, 0, "no"),
      chunks.partEnd(0, 0),
      stop,
      end,
    ]);
    expect(events[1]?.choices[0]?.delta).toEqual({ refusal: "no" });
  });
});
