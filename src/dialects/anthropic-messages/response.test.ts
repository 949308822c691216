import { describe, expect, it } from "vitest";
import { failure } from "../../../test/support/anthropic-requests.js";
import {
  type AnswerContext,
  type Completion,
  CompletionSchema,
  create,
  FinishReason,
  fold,
  type JsonObject,
  LossKind,
  Role,
  ToolKind,
  unfold,
} from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const context: AnswerContext = {
  requestId: "abc",
  model: "asked",
  created: 1,
  includeUsage: false,
  legacyFunctions: false,
};
const base = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-x",
  content: [{ type: "text", text: "Hi" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 4 },
};
const decode = (change: object = {}): Completion =>
  anthropicMessages.decodeResponse(JSON.stringify({ ...base, ...change }));
const encode = (completion: Completion): JsonObject =>
  JSON.parse(anthropicMessages.encodeResponse(completion, context)) as JsonObject;
const partsOf = (completion: Completion) => completion.choices[0]?.message?.parts ?? [];
const foreign = (parts: object[], finish: object, more: object = {}): Completion =>
  create(CompletionSchema, {
    choices: [{ index: 0, message: { role: Role.ASSISTANT, parts }, finish }],
    ...more,
  });

describe("a provider's answer", () => {
  it.each([
    ["end_turn", FinishReason.STOP],
    ["stop_sequence", FinishReason.STOP],
    ["max_tokens", FinishReason.LENGTH],
    ["model_context_window_exceeded", FinishReason.LENGTH],
    ["tool_use", FinishReason.TOOL_CALLS],
    ["refusal", FinishReason.CONTENT_FILTER],
    ["pause_turn", FinishReason.PAUSE],
    ["compaction", FinishReason.UNSPECIFIED],
  ])("trap 31: that stops by %s keeps the word beside the common one", (raw, reason) => {
    const completion = decode({ stop_reason: raw });
    expect(completion.choices[0]?.finish).toMatchObject({ raw, reason });
    expect(encode(completion).stop_reason).toBe(raw);
  });

  it("trap 32: keeps every text block apart, for the caller's dialect to join", () => {
    const content = [
      { type: "text", text: "a" },
      {
        type: "text",
        text: "b",
        citations: [{ type: "page_location", cited_text: "c", document_index: 0, document_title: "T" }],
      },
    ];
    const completion = decode({ content });
    expect(partsOf(completion)).toHaveLength(2);
    expect(partsOf(completion)[1]?.kind).toMatchObject({
      case: "text",
      value: { citations: [{ citedText: "c", title: "T" }] },
    });
    expect(encode(completion).content).toEqual(content);
  });

  it("trap 33: keeps reasoning as a part of its own, an empty one with its signature too", () => {
    const content = [
      { type: "thinking", thinking: "", signature: "EqQB==" },
      { type: "redacted_thinking", data: "opaque==" },
      { type: "text", text: "x" },
    ];
    const completion = decode({ content });
    expect(partsOf(completion).map(({ kind }) => kind)).toMatchObject([
      { case: "reasoning", value: { text: "", signature: "EqQB==", dialect: "anthropic-messages" } },
      { case: "reasoning", value: { encryptedContent: "opaque==" } },
      { case: "text" },
    ]);
    expect(encode(completion).content).toEqual(content);
  });

  it("trap 36: counts cached tokens as part of the input", () => {
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 20,
      cache_read_input_tokens: 30,
      output_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 20 },
      service_tier: "standard",
      inference_geo: null,
    };
    const completion = decode({ usage });
    expect(completion.usage).toMatchObject({
      inputTokens: 60,
      cacheReadTokens: 30,
      cacheWriteTokens: 20,
      outputTokens: 5,
    });
    expect(completion.serviceTier).toBe("standard");
    expect(encode(completion).usage).toEqual(usage);
  });

  it("trap 38: knows reasoning as part of the output", () => {
    const usage = { input_tokens: 1, output_tokens: 9, output_tokens_details: { thinking_tokens: 7 } };
    const completion = decode({ usage });
    expect(completion.usage).toMatchObject({ outputTokens: 9, reasoningTokens: 7 });
    expect(encode(completion).usage).toEqual(usage);
  });

  it("trap 40: gives a call's input with no number and no key order changed", () => {
    const input = '{"z":1.0,"a":12345678901234567890}';
    const text = JSON.stringify({
      ...base,
      content: [{ type: "tool_use", id: "t", name: "n", input: "HERE" }],
    }).replace('"HERE"', input);
    const completion = anthropicMessages.decodeResponse(text);
    expect(partsOf(completion)[0]?.kind).toMatchObject({ value: { arguments: input } });
    expect(anthropicMessages.encodeResponse(completion, context)).toContain(input);
  });

  it("trap 41: never makes what the provider's own tools did into calls for the caller", () => {
    const content = [
      { type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", tool_use_id: "s", content: [] },
      {
        type: "text",
        text: "a",
        citations: [
          {
            type: "web_search_result_location",
            url: "https://a.example",
            title: "A",
            encrypted_index: "e",
            cited_text: "c",
          },
        ],
      },
    ];
    const completion = decode({ content });
    expect(partsOf(completion).map(({ kind }) => kind.case)).toEqual(["opaque", "opaque", "text"]);
    expect(partsOf(completion)[2]?.kind).toMatchObject({
      value: { citations: [{ url: "https://a.example", title: "A" }] },
    });
    expect(encode(completion).content).toEqual(content);
    expect(fold(unfold(completion))).toEqual(completion);
  });

  it.each([
    ["details of a refusal", { stop_reason: "refusal", stop_details: { type: "refusal", category: "bio" } }],
    ["fields that only this dialect has", { container: { id: "c" }, context_management: null, diagnostics: { a: 1 } }],
    ["a stop sequence", { stop_reason: "stop_sequence", stop_sequence: "END" }],
    ["no usage and no reason", { usage: undefined, stop_reason: null }],
    ["no content", { content: [] }],
    [
      "members missing",
      { id: undefined, model: undefined, role: undefined, stop_reason: undefined, stop_sequence: undefined },
    ],
    [
      "usage of nulls",
      { usage: { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: null, service_tier: null } },
    ],
  ])("with %s comes back as it was", (_, change) => {
    const body = JSON.parse(JSON.stringify({ ...base, ...change })) as JsonObject;
    expect(encode(decode(change))).toEqual(body);
    expect(fold(unfold(decode(change)))).toEqual(decode(change));
  });

  it("that is none is a fault of the provider", () => {
    for (const text of ["<html>", "[]", "{}", '{"content":[{"type":"text"}]}']) {
      expect([text, failure(() => anthropicMessages.decodeResponse(text)).code]).toEqual([text, "malformed_answer"]);
    }
    const told = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
    expect(failure(() => anthropicMessages.decodeResponse(told)).code).toBe("provider_overloaded");
  });
});

describe("another provider's answer for a caller of this dialect", () => {
  it("trap 37: tells cached tokens once", () => {
    const completion = foreign(
      [],
      { reason: FinishReason.STOP },
      { usage: { inputTokens: 100, cacheReadTokens: 80, outputTokens: 5 } },
    );
    expect(encode(completion).usage).toEqual({ input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 5 });
    const odd = foreign([], { reason: FinishReason.STOP }, { usage: { inputTokens: 10, cacheReadTokens: 80 } });
    expect(encode(odd).usage).toMatchObject({ input_tokens: 0 });
  });

  it("trap 39: has an id and a model, its own or ours", () => {
    const own = foreign([], { reason: FinishReason.STOP }, { id: "chatcmpl-1", model: "gpt" });
    expect(encode(own)).toMatchObject({ id: "chatcmpl-1", model: "gpt", type: "message", role: "assistant" });
    expect(encode(foreign([], { reason: FinishReason.STOP }))).toMatchObject({ id: "msg_abc", model: "asked" });
  });

  it("trap 64: stops by the words of the wire; a call that ends with stop is still tool_use", () => {
    const stop = (reason: FinishReason, parts: object[] = [], more: object = {}) =>
      encode(foreign(parts, { reason, raw: "x", ...more }));
    expect(stop(FinishReason.STOP).stop_reason).toBe("end_turn");
    expect(stop(FinishReason.STOP, [], { stopSequence: "END" })).toMatchObject({
      stop_reason: "stop_sequence",
      stop_sequence: "END",
    });
    expect(stop(FinishReason.LENGTH).stop_reason).toBe("max_tokens");
    expect(stop(FinishReason.TOOL_CALLS).stop_reason).toBe("tool_use");
    expect(stop(FinishReason.CONTENT_FILTER).stop_reason).toBe("refusal");
    const call = { kind: { case: "toolCall", value: { id: "c", name: "n", arguments: "" } } };
    expect(stop(FinishReason.STOP, [call]).stop_reason).toBe("tool_use");
    expect(stop(FinishReason.UNSPECIFIED, [call]).stop_reason).toBe("tool_use");
  });

  it("says what the wire can say, without empty texts and pieces that it does not know, seals of others under its own", () => {
    const SEALED = /^parlance\.sealed\.part\.v1:/;
    const parts = [
      { kind: { case: "text", value: { text: "" } } },
      { kind: { case: "reasoning", value: { text: "hm", signature: "theirs", dialect: "other" } } },
      { kind: { case: "reasoning", value: { text: "", encryptedContent: "theirs", dialect: "other" } } },
      { kind: { case: "refusal", value: { text: "No." } } },
      { kind: { case: "opaque", value: { dialect: "other", value: {} } } },
      { kind: { case: "text", value: { text: "a", citations: [{ url: "https://a.example", title: "A" }] } } },
      { kind: { case: "toolCall", value: { id: "c:1", name: "n", arguments: '{"a":1.0}' } } },
      { kind: { case: "toolCall", value: { id: "d", name: "free", arguments: "words", kind: ToolKind.CUSTOM } } },
    ];
    expect(encode(foreign(parts, { reason: FinishReason.TOOL_CALLS })).content).toEqual([
      { type: "thinking", thinking: "hm", signature: expect.stringMatching(SEALED) as string },
      { type: "thinking", thinking: "", signature: expect.stringMatching(SEALED) as string },
      { type: "text", text: "No." },
      {
        type: "text",
        text: "a",
        citations: [
          {
            type: "web_search_result_location",
            url: "https://a.example",
            title: "A",
            cited_text: "",
            encrypted_index: "",
          },
        ],
      },
      { type: "tool_use", id: "c:1", name: "n", input: { a: 1 } },
      { type: "tool_use", id: "d", name: "free", input: { input: "words" } },
    ]);
  });

  it("tells losses in its member parlance, and has none without", () => {
    const losses = [{ path: "seed", kind: LossKind.DROPPED, reason: "No seeds." }];
    const completion = foreign([], { reason: FinishReason.STOP }, { losses });
    expect(encode(completion).parlance).toEqual({ losses: [{ path: "seed", kind: "dropped", reason: "No seeds." }] });
    expect("parlance" in encode(foreign([], { reason: FinishReason.STOP }))).toBe(false);
  });
});

describe("what a verbatim answer tells in passing", () => {
  it("is its usage and its finish", () => {
    const gleaned = anthropicMessages.glean(Buffer.from(JSON.stringify(base)));
    expect(gleaned.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
    expect(gleaned.finish).toMatchObject({ reason: FinishReason.STOP, raw: "end_turn" });
    expect(anthropicMessages.glean(Buffer.from("<html>"))).toEqual({ usage: undefined, finish: undefined });
  });
});
