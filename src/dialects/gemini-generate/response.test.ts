import { describe, expect, it } from "vitest";
import { failure } from "../../../test/support/anthropic-requests.js";
import { answering, event } from "../../../test/support/gemini-requests.js";
import {
  ChoiceSchema,
  type Completion,
  CompletionSchema,
  create,
  FinishReason,
  type JsonObject,
  type MessageInitShape,
  Role,
} from "../../sdk/index.js";
import { gemini } from "./index.js";

const decode = (body: JsonObject): Completion => gemini.decodeResponse(JSON.stringify(body));
const finishOf = (body: JsonObject) => decode(body).choices[0]?.finish;
const write = (completion: Completion): JsonObject =>
  JSON.parse(gemini.encodeResponse(completion, answering)) as JsonObject;
const same = (body: JsonObject) => expect(write(decode(body))).toEqual(body);
const call = { functionCall: { name: "look", args: { a: 1 } } };

describe("an answer", () => {
  it("trap 76: that stops at calls waits for their results", () => {
    expect(finishOf(event([call], { finishReason: "STOP" }))).toMatchObject({
      reason: FinishReason.TOOL_CALLS,
      raw: "STOP",
    });
    expect(finishOf(event([{ text: "hi" }], { finishReason: "STOP" }))?.reason).toBe(FinishReason.STOP);
    expect(finishOf(event([call], { finishReason: "MAX_TOKENS" }))?.reason).toBe(FinishReason.LENGTH);
  });

  it.each([
    ["SAFETY", FinishReason.CONTENT_FILTER],
    ["RECITATION", FinishReason.CONTENT_FILTER],
    ["PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER],
    ["IMAGE_SAFETY", FinishReason.CONTENT_FILTER],
    ["MALFORMED_FUNCTION_CALL", FinishReason.ERROR],
    ["UNEXPECTED_TOOL_CALL", FinishReason.ERROR],
    ["OTHER", FinishReason.ERROR],
    ["SOMETHING_NEW", FinishReason.UNSPECIFIED],
  ])("trap 81: that ended with %s says so, whatever it called", (word, reason) => {
    for (const parts of [[{ text: "hi" }], [call]]) {
      const body = event(parts, { finishReason: word });
      expect(finishOf(body)).toMatchObject({ reason, raw: word });
      same(body);
    }
  });

  it("trap 121: may tell its finish by a number", () => {
    const body = event([{ text: "hi" }], { finishReason: 2 });
    expect(finishOf(body)).toMatchObject({ reason: FinishReason.LENGTH, raw: "MAX_TOKENS" });
    expect(finishOf(event([], { finishReason: 99 }))).toMatchObject({ reason: FinishReason.UNSPECIFIED, raw: "99" });
    same(body);
  });

  it("trap 81: to a blocked prompt is one choice that declines, and comes back without candidates", () => {
    const body: JsonObject = {
      promptFeedback: { blockReason: "SAFETY", safetyRatings: [] },
      usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
      modelVersion: "gemini-x",
      responseId: "r1",
    };
    const { choices } = decode(body);
    expect(choices).toHaveLength(1);
    expect(choices[0]?.finish).toMatchObject({ reason: FinishReason.CONTENT_FILTER, raw: "SAFETY" });
    expect(choices[0]?.message?.parts[0]?.kind).toMatchObject({
      case: "refusal",
      value: { text: expect.stringContaining("SAFETY") },
    });
    same(body);
    expect(gemini.glean(Buffer.from(JSON.stringify(body))).finish?.reason).toBe(FinishReason.CONTENT_FILTER);
  });

  it("trap 82: counts thoughts as output, prompts of tools as input, and what is missing as nothing", () => {
    const usage = {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 4,
      cachedContentTokenCount: 6,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 7,
      totalTokenCount: 26,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 8 },
        { modality: "AUDIO", tokenCount: 2 },
      ],
    };
    const body = event([{ text: "hi" }], { finishReason: "STOP" }, { usageMetadata: usage });
    expect(decode(body).usage).toMatchObject({
      inputTokens: 14,
      outputTokens: 12,
      cacheReadTokens: 6,
      reasoningTokens: 7,
      inputAudioTokens: 2,
    });
    same(body);
    const bare = event([{ text: "" }], {}, { usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } });
    expect(decode(bare).usage).toMatchObject({ inputTokens: 3, outputTokens: 0 });
    expect(decode(bare).usage?.reasoningTokens).toBeUndefined();
    same(bare);
    same(event([], {}, { usageMetadata: { promptTokenCount: 3, totalTokenCount: 99 } }));
  });

  it("trap 83: may have no candidate, no content and no parts", () => {
    same(event([], { finishReason: "STOP" }));
    same({ candidates: [], usageMetadata: {}, modelVersion: "m" });
    same({ candidates: [{ finishReason: "SAFETY" }], responseId: "r" });
    same({ candidates: [{ content: {}, index: 0 }], responseId: "r" });
    expect(decode({ candidates: [{ finishReason: "SAFETY" }] }).choices[0]?.message?.parts).toEqual([]);
  });

  it("trap 85: tells its thoughts apart from its words", () => {
    const body = event([{ text: "hm", thought: true }, { text: "hi" }], { finishReason: "STOP" });
    expect(decode(body).choices[0]?.message?.parts.map(({ kind }) => kind.case)).toEqual(["reasoning", "text"]);
    same(body);
  });

  it("trap 78: keeps the seals of its parts, whichever part has them", () => {
    const parts = [
      { text: "hm", thought: true, thoughtSignature: "YQ==" },
      { ...call, thoughtSignature: "Yg==" },
      { text: "words", thoughtSignature: "Yw==" },
      { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" }, thoughtSignature: "ZA==" },
      { text: "", thoughtSignature: "ZQ==" },
    ];
    const body = event(parts, { finishReason: "STOP" });
    same(body);
    const kept = decode(body).choices[0]?.message?.parts ?? [];
    const seals = kept.flatMap(({ kind }) => (kind.case === "reasoning" ? [kind.value.signature] : []));
    expect(seals).toEqual(["YQ==", "Yg==", "Yw==", "ZA==", "ZQ=="]);
    const called = kept.find(({ kind }) => kind.case === "toolCall");
    expect(called?.extensions?.["openai-chat"]).toEqual({ extra_content: { google: { thought_signature: "Yg==" } } });
  });

  it("trap 80: may call without arguments, which are an empty object", () => {
    const body = event([{ functionCall: { name: "now" } }], { finishReason: "STOP" });
    const [part] = decode(body).choices[0]?.message?.parts ?? [];
    expect(part?.kind.value).toMatchObject({ name: "now", arguments: "{}" });
    same(body);
  });

  it("trap 75: makes ids that are the same when it is read again, and others in another answer", () => {
    const ids = (body: JsonObject) =>
      decode(body).choices[0]?.message?.parts.map(({ kind }) => (kind.case === "toolCall" ? kind.value.id : ""));
    const one = event([call, call], { finishReason: "STOP" });
    expect(new Set(ids(one)).size).toBe(2);
    expect(ids(one)).toEqual(ids(one));
    expect(ids({ ...one, responseId: "r2" })).not.toEqual(ids(one));
    expect(ids(event([{ functionCall: { name: "look", id: "given" } }]))).toEqual(["given"]);
  });

  it("keeps the numbers of arguments as they were written", () => {
    const text =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890,"m":1.0}}}]}}]}';
    const completion = gemini.decodeResponse(text);
    const [part] = completion.choices[0]?.message?.parts ?? [];
    expect(part?.kind.value).toMatchObject({ arguments: '{"n":12345678901234567890,"m":1.0}' });
    expect(gemini.encodeResponse(completion, answering)).toContain('"args":{"n":12345678901234567890,"m":1.0}');
  });

  it("tells its sources as citations, by characters and not by bytes", () => {
    const text = "Zürich is wet. Rome is dry.";
    const second = "Rome is dry.";
    const start = Buffer.byteLength("Zürich is wet. ");
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a.test", title: "A" } }, { web: { uri: "https://b.test" } }],
      groundingSupports: [
        { segment: { startIndex: start, endIndex: start + 12, text: second }, groundingChunkIndices: [0, 1] },
        { segment: { endIndex: 4, text: "not these" }, groundingChunkIndices: [1, 9] },
      ],
      webSearchQueries: ["weather"],
    };
    const body = event([{ text }], { finishReason: "STOP", groundingMetadata });
    const [part] = decode(body).choices[0]?.message?.parts ?? [];
    const citations = part?.kind.case === "text" ? part.kind.value.citations : [];
    expect(citations.map(({ url, title, startIndex, endIndex }) => [url, title, startIndex, endIndex])).toEqual([
      ["https://a.test", "A", 15, 27],
      ["https://b.test", undefined, 15, 27],
      ["https://b.test", undefined, undefined, undefined],
    ]);
    same(body);
  });

  it.each([
    ["not JSON", "<html>", "malformed_answer"],
    ["an array", "[]", "malformed_answer"],
    ["an object of another kind", '{"choices":[]}', "malformed_answer"],
    ["misshapen", '{"candidates":["x"]}', "malformed_answer"],
    ["a failure", '{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}', "provider_overloaded"],
  ])("that is %s is the provider's fault", (_, text, code) => {
    expect(failure(() => gemini.decodeResponse(text)).code).toBe(code);
  });
});

describe("an answer of another provider", () => {
  const answer = (parts: unknown[], finish: object, more: object = {}) =>
    create(CompletionSchema, {
      choices: [create(ChoiceSchema, { message: { role: Role.ASSISTANT, parts: parts as never[] }, finish })],
      ...(more as MessageInitShape<typeof CompletionSchema>),
    });

  it("is told in this dialect, with a name and an id in any case", () => {
    const parts = [
      { kind: { case: "reasoning", value: { text: "hm", signature: "theirs", dialect: "anthropic-messages" } } },
      {
        kind: {
          case: "text",
          value: { text: "hi", citations: [{ url: "https://a.test", startIndex: 0, endIndex: 2 }] },
        },
      },
      { kind: { case: "toolCall", value: { id: "toolu_1", name: "look", arguments: '{"a":1}' } } },
      { kind: { case: "toolCall", value: { id: "toolu_2", name: "cut", arguments: '{"a"' } } },
    ];
    const usage = { inputTokens: 10, outputTokens: 5, reasoningTokens: 2, cacheReadTokens: 4 };
    const losses = [{ path: "seed", kind: 1, reason: "None." }];
    const body = write(answer(parts, { reason: FinishReason.TOOL_CALLS, raw: "tool_use" }, { usage, losses }));
    expect(body).toEqual({
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { text: "hm", thought: true },
              // The seal of the other is sealed again, for its maker.
              { text: "hi", thoughtSignature: expect.stringMatching(/^cGFybGFuY2U6/) as string },
              { functionCall: { id: "toolu_1", name: "look", args: { a: 1 } } },
              { functionCall: { id: "toolu_2", name: "cut", args: { input: '{"a"' } } },
            ],
          },
          finishReason: "STOP",
          index: 0,
          groundingMetadata: {
            groundingChunks: [{ web: { uri: "https://a.test" } }],
            groundingSupports: [{ segment: { startIndex: 0, endIndex: 2, text: "hi" }, groundingChunkIndices: [0] }],
          },
        },
      ],
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 2,
        totalTokenCount: 15,
        cachedContentTokenCount: 4,
      },
      modelVersion: "asked",
      responseId: "req1",
      parlance: {
        losses: [
          { path: "seed", kind: "dropped", reason: "None." },
          {
            path: "choices[0].message.parts[0]",
            kind: "approximated",
            reason: "The words are told without the other provider's seal.",
          },
        ],
      },
    });
  });

  it.each([
    [FinishReason.STOP, "end_turn", "STOP"],
    [FinishReason.LENGTH, "length", "MAX_TOKENS"],
    [FinishReason.CONTENT_FILTER, "refusal", "SAFETY"],
    [FinishReason.ERROR, "error", "OTHER"],
    [FinishReason.PAUSE, "pause_turn", "STOP"],
    [FinishReason.CONTENT_FILTER, "RECITATION", "RECITATION"],
  ])("that finished by %s (%s) says %s", (reason, raw, word) => {
    const body = write(answer([], { reason, raw }));
    expect(body.candidates).toEqual([
      { content: { role: "model", parts: [{ text: "" }] }, finishReason: word, index: 0 },
    ]);
  });
});
