import { toBinary, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import {
  type AnswerContext,
  CompletionSchema,
  create,
  FinishReason,
  fold,
  type MessageInitShape,
  Role,
} from "../../sdk/index.js";
import { openaiChat } from "./index.js";

const context: AnswerContext = {
  requestId: "req",
  model: "asked",
  created: 5,
  includeUsage: false,
  legacyFunctions: false,
};
type Parts = NonNullable<
  NonNullable<NonNullable<MessageInitShape<typeof CompletionSchema>["choices"]>[number]["message"]>["parts"]
>;

function encode(parts: Parts, reason = FinishReason.STOP, raw = "end_turn", more: Partial<AnswerContext> = {}) {
  const completion = create(CompletionSchema, {
    id: "msg",
    model: "claude",
    choices: [{ message: { role: Role.ASSISTANT, parts }, finish: { reason, raw } }],
  });
  return JSON.parse(openaiChat.encodeResponse(completion, { ...context, ...more }));
}
const text = (value: string) => ({ kind: { case: "text" as const, value: { text: value } } });
const call = { kind: { case: "toolCall" as const, value: { id: "a", name: "f", arguments: "" } } };
const answer = (message: object, more: object = {}) =>
  JSON.stringify({
    id: "i",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
    ...more,
  });

describe("a whole answer", () => {
  test("trap 32: many texts are one content, calls alone are content null", () => {
    expect(encode([text("a"), text("b")]).choices[0].message.content).toBe("ab");
    const { message, finish_reason } = encode([call], FinishReason.TOOL_CALLS, "tool_use").choices[0];
    expect([message.content, finish_reason]).toEqual([null, "tool_calls"]);
  });

  test("trap 45: a call without arguments has an empty object", () => {
    expect(encode([call]).choices[0].message.tool_calls).toEqual([
      { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
    ]);
  });

  test("trap 113: a thought of several pieces is one reasoning, and goes back as it came", () => {
    const content = [
      {
        type: "thinking",
        thinking: [
          { type: "text", text: "a" },
          { type: "reference", reference_ids: [1] },
        ],
        closed: true,
      },
      { type: "text", text: "b" },
    ];
    const completion = openaiChat.decodeResponse(answer({ content }));
    expect(completion.choices[0]?.message?.parts[0]?.kind).toMatchObject({ case: "reasoning", value: { text: "a" } });
    expect(JSON.parse(openaiChat.encodeResponse(completion, context)).choices[0].message.content).toEqual(content);
  });

  test("a time, an index or a place that the vocabulary cannot hold stays beside it", () => {
    const created = 1_760_000_000_000;
    const far = 1e15;
    const citation = { type: "url_citation", url_citation: { url: "https://x.test", start_index: far, end_index: 2 } };
    const completion = openaiChat.decodeResponse(
      answer({ content: "a", annotations: [citation] }, { created, choices: undefined }).replace(
        '"model":"m"',
        `"model":"m","choices":[{"index":${far},"message":{"content":"a","annotations":[${JSON.stringify(citation)}]},"finish_reason":"stop"}]`,
      ),
    );
    expect(() => toJson(CompletionSchema, completion)).not.toThrow();
    expect(() => toBinary(CompletionSchema, completion)).not.toThrow();
    const back = JSON.parse(openaiChat.encodeResponse(completion, context));
    expect(back.created).toBe(created);
    expect(back.choices[0].message.annotations).toEqual([citation]);
  });

  test("trap 31: the finish is a word that clients know, the provider's own stands beside it", () => {
    expect(encode([text("a")], FinishReason.CONTENT_FILTER, "refusal").choices[0]).toMatchObject({
      finish_reason: "content_filter",
      native_finish_reason: "refusal",
    });
    expect(encode([text("a")], FinishReason.UNSPECIFIED, "new").choices[0].finish_reason).toBe("stop");
  });

  test("trap 33 and 34: sealed reasoning survives the way through a client, byte for byte and in its place", () => {
    const parts: Parts = [
      { kind: { case: "reasoning", value: { text: "think ", signature: "sig+/=", dialect: "anthropic-messages" } } },
      { kind: { case: "reasoning", value: { text: "", encryptedContent: "blob", dialect: "anthropic-messages" } } },
      text("a"),
      { kind: { case: "reasoning", value: { text: "", signature: "empty", dialect: "anthropic-messages" } } },
      { kind: { case: "toolCall", value: { id: "a", name: "f", arguments: "{}" } } },
    ];
    const { message } = encode(parts).choices[0];
    expect(message).toMatchObject({ content: "a", reasoning_content: "think " });
    const back = openaiChat.decodeRequest(JSON.stringify({ model: "m", messages: [message] })).messages[0];
    expect(back?.parts.map(({ kind }) => kind)).toMatchObject(parts.map(({ kind }) => kind));
    expect(back?.parts).toHaveLength(parts.length);
  });

  test("trap 41: a piece of another dialect is no tool call, and comes back with the message", () => {
    const opaque = {
      kind: { case: "opaque" as const, value: { dialect: "anthropic-messages", value: { type: "server_tool_use" } } },
    };
    const { message } = encode([opaque, text("a")]).choices[0];
    expect(message.tool_calls).toBeUndefined();
    const back = openaiChat.decodeRequest(JSON.stringify({ model: "m", messages: [message] })).messages[0];
    expect(back?.parts.map(({ kind }) => kind.case)).toEqual(["opaque", "text"]);
  });

  test("trap 41: citations of addresses are annotations", () => {
    const cited = {
      kind: {
        case: "text" as const,
        value: { text: "a", citations: [{ url: "https://x.test", title: "X" }, { citedText: "page" }] },
      },
    };
    expect(encode([cited]).choices[0].message.annotations).toEqual([
      { type: "url_citation", url_citation: { url: "https://x.test", title: "X" } },
    ]);
  });

  test("trap 36: usage is written so that it adds up", () => {
    const completion = create(CompletionSchema, {
      usage: { inputTokens: 10, outputTokens: 4, cacheReadTokens: 6, reasoningTokens: 2 },
    });
    expect(JSON.parse(openaiChat.encodeResponse(completion, context)).usage).toEqual({
      prompt_tokens: 10,
      completion_tokens: 4,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 6 },
      completion_tokens_details: { reasoning_tokens: 2 },
    });
  });

  test("trap 123: reasoning that is counted beside the answer is counted in", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 3,
      total_tokens: 113,
      completion_tokens_details: { reasoning_tokens: 100 },
      odd: 1,
    };
    const completion = openaiChat.decodeResponse(answer({ content: "a" }, { usage }));
    expect(completion.usage?.outputTokens).toBe(103);
    expect(JSON.parse(openaiChat.encodeResponse(completion, context)).usage).toEqual(usage);
  });

  test("trap 128: a refusal is not copied into content", () => {
    const completion = openaiChat.decodeResponse(answer({ content: null, refusal: "no" }));
    expect(completion.choices[0]?.message?.parts.map(({ kind }) => kind.case)).toEqual(["refusal"]);
    expect(JSON.parse(openaiChat.encodeResponse(completion, context)).choices[0].message).toEqual({
      role: "assistant",
      content: null,
      refusal: "no",
    });
  });

  test("trap 131: a caller with functions gets a function_call", () => {
    const { message, finish_reason } = encode([call], FinishReason.TOOL_CALLS, "tool_use", { legacyFunctions: true })
      .choices[0];
    expect([message.function_call, message.tool_calls, finish_reason]).toEqual([
      { name: "f", arguments: "{}" },
      undefined,
      "function_call",
    ]);
  });

  test("trap 133: the finish is right even where the text happens to parse", () => {
    expect(encode([text("{}")], FinishReason.LENGTH, "max_tokens").choices[0].finish_reason).toBe("length");
  });

  test("what the answer does not tell is filled in", () => {
    expect(JSON.parse(openaiChat.encodeResponse(create(CompletionSchema), context))).toMatchObject({
      id: "req",
      model: "asked",
      created: 5,
      object: "chat.completion",
      choices: [],
    });
  });

  test("losses are told only where there are some", () => {
    const completion = openaiChat.decodeResponse(answer({ content: "a" }));
    expect(openaiChat.encodeResponse(completion, context)).not.toContain("parlance");
    completion.losses = create(CompletionSchema, { losses: [{ path: "top_k", reason: "No." }] }).losses;
    expect(JSON.parse(openaiChat.encodeResponse(completion, context)).parlance.losses).toEqual([
      { path: "top_k", kind: "dropped", reason: "No." },
    ]);
  });

  test("an error in a 200, a page and a wrong shape are the provider's fault", () => {
    expect(() => openaiChat.decodeResponse('{"error":{"message":"bad","code":503}}')).toThrow(
      expect.objectContaining({ code: "provider_overloaded" }),
    );
    expect(() => openaiChat.decodeResponse("<html>")).toThrow(expect.objectContaining({ code: "malformed_answer" }));
    expect(() => openaiChat.decodeResponse('{"choices":[{"message":{"role":"assistant","content":5}}]}')).toThrow(
      expect.objectContaining({ code: "malformed_answer" }),
    );
  });

  test("a stream folds to the sense of the same answer told whole", () => {
    const decoder = openaiChat.streamDecoder();
    const out: Parameters<typeof decoder.decode>[1] = [];
    const base = { id: "i", model: "m", created: 1 };
    for (const [delta, finish] of [
      [{ reasoning: "r" }, null],
      [{ content: "a" }, null],
      [{ content: "b" }, null],
      [{}, "stop"],
    ] as const) {
      decoder.decode(
        { event: "", data: JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] }) },
        out,
      );
    }
    decoder.end(out);
    const whole = openaiChat.decodeResponse(answer({ reasoning: "r", content: "ab" }));
    expect(fold(out).choices[0]?.message?.parts).toEqual(whole.choices[0]?.message?.parts);
    expect(fold(out).choices[0]?.finish).toEqual(whole.choices[0]?.finish);
  });
});
