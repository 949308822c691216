import {
  ChatRequestSchema,
  type Chunk,
  ChunkOrder,
  type Completion,
  create,
  FinishReason,
  Fold,
  type JsonObject,
  Losses,
  type Part,
  ParlanceError,
  Role,
} from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { converseDialect } from "./converse.js";

const dialect = converseDialect({ baseModel: (model) => model });

const answer = (content: object[], more: object = {}) => ({
  output: { message: { role: "assistant", content } },
  stopReason: "end_turn",
  usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 },
  metrics: { latencyMs: 7 },
  ...more,
});
const decode = (body: object): Completion => dialect.decodeResponse(JSON.stringify(body));
const partsOf = (completion: Completion): Part[] => completion.choices[0]?.message?.parts ?? [];

type Event = readonly [name: string, payload: object];

function follow(events: readonly Event[]): Completion {
  const decoder = dialect.streamDecoder();
  const chunks: Chunk[] = [];
  for (const [event, payload] of events)
    decoder.decode({ event, data: JSON.stringify({ ...payload, p: "ab" }) }, chunks);
  decoder.end(chunks);
  const order = new ChunkOrder();
  const fold = new Fold();
  for (const chunk of chunks) {
    order.take(chunk.event);
    fold.push(chunk);
  }
  return fold.completion();
}

const delta = (contentBlockIndex: number, inner: object): Event => [
  "contentBlockDelta",
  { contentBlockIndex, delta: inner },
];
const start = (contentBlockIndex: number, inner: object): Event => [
  "contentBlockStart",
  { contentBlockIndex, start: inner },
];
const stop = (contentBlockIndex: number): Event => ["contentBlockStop", { contentBlockIndex }];
const END: readonly Event[] = [
  ["messageStop", { stopReason: "end_turn" }],
  ["metadata", { usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 }, metrics: { latencyMs: 7 } }],
];
const BEGIN: Event = ["messageStart", { role: "assistant" }];

/** The assistant's turn as it is sent when the answer comes back in the conversation. */
function sentBack(parts: readonly Part[]): unknown {
  const losses = new Losses(true);
  const user = { role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] };
  const messages = [user, { role: Role.ASSISTANT, parts: [...parts] }, user];
  const target = { model: "amazon.nova-2-lite-v1:0", stream: false, traits: {}, losses };
  const body = JSON.parse(dialect.encodeRequest(create(ChatRequestSchema, { messages }), target)) as JsonObject;
  return (body.messages as { content: unknown }[])[1]?.content;
}

const CITED = {
  citations: [
    {
      title: "doc",
      sourceContent: [{ text: "words" }],
      location: { documentChar: { documentIndex: 0, start: 1, end: 6 } },
    },
  ],
  content: [{ text: "as it says" }],
};

describe("an answer that comes back in the conversation", () => {
  it("is sent as it came, unknown fields and pieces included", () => {
    const content = [
      { reasoningContent: { reasoningText: { text: "hm", signature: "c2VhbA==", grade: 1 } } },
      { reasoningContent: { redactedContent: "aGlkZGVu" } },
      { text: "Hello" },
      { citationsContent: { ...CITED, note: "kept" } },
      {
        citationsContent: {
          citations: [{ location: { web: { url: "https://example.com/", domain: "example.com" } } }],
        },
      },
      { toolUse: { toolUseId: "s1", name: "nova_grounding", input: { q: 1 }, type: "server_tool_use" } },
      {
        toolResult: {
          toolUseId: "s1",
          content: [{ json: { out: 1 } }],
          status: "success",
          type: "nova_grounding_result",
        },
      },
      { somethingNew: { a: [1] } },
      { toolUse: { toolUseId: "c1", name: "look", input: { a: 1 }, cost: 2 } },
    ];
    expect(sentBack(partsOf(decode(answer(content))))).toEqual(content);
  });

  it("keeps the numbers of a call as they were written", () => {
    const text =
      '{"output":{"message":{"content":[{"toolUse":{"toolUseId":"c","name":"n","input":{"b":1.0,"a":12345678901234567890}}}]}},"stopReason":"tool_use"}';
    const [part] = partsOf(dialect.decodeResponse(text));
    expect(part?.kind.value).toMatchObject({ arguments: '{"b":1.0,"a":12345678901234567890}' });
  });

  it("is the same streamed as whole", () => {
    const whole = decode(
      answer([
        { reasoningContent: { reasoningText: { text: "hm, so", signature: "c2VhbA==" } } },
        { reasoningContent: { redactedContent: Buffer.from("hidden things").toString("base64") } },
        { text: "Hello" },
        { citationsContent: CITED },
        { toolUse: { toolUseId: "s1", name: "run", input: { code: "1" }, type: "server_tool_use" } },
        { toolResult: { toolUseId: "s1", content: [{ json: { out: 1 } }], status: "success", type: "run_result" } },
        { toolUse: { toolUseId: "c1", name: "look", input: { a: 1 } } },
        { toolUse: { toolUseId: "c2", name: "bare", input: {} } },
      ]),
    );
    const [citation] = CITED.citations;
    const streamed = follow([
      BEGIN,
      delta(0, { reasoningContent: { text: "hm, " } }),
      delta(0, { reasoningContent: { text: "so" } }),
      delta(0, { reasoningContent: { signature: "c2VhbA==" } }),
      stop(0),
      delta(1, { reasoningContent: { redactedContent: Buffer.from("hidden ").toString("base64") } }),
      delta(1, { reasoningContent: { redactedContent: Buffer.from("things").toString("base64") } }),
      stop(1),
      delta(2, { text: "" }),
      delta(2, { text: "Hel" }),
      delta(2, { text: "lo" }),
      stop(2),
      delta(3, { citation }),
      delta(3, { text: "as it " }),
      delta(3, { text: "says" }),
      stop(3),
      start(4, { toolUse: { toolUseId: "s1", name: "run", type: "server_tool_use" } }),
      delta(4, { toolUse: { input: '{"code":' } }),
      delta(4, { toolUse: { input: '"1"}' } }),
      stop(4),
      start(5, { toolResult: { toolUseId: "s1", status: "success", type: "run_result" } }),
      delta(5, { toolResult: [{ json: { out: 1 } }] }),
      stop(5),
      start(6, { toolUse: { toolUseId: "c1", name: "look" } }),
      delta(6, { toolUse: { input: '{"a":1}' } }),
      stop(6),
      start(7, { toolUse: { toolUseId: "c2", name: "bare" } }),
      stop(7),
      ...END,
    ]);
    expect(streamed).toEqual(whole);
  });
});

describe("how an answer ends", () => {
  it.each([
    ["end_turn", FinishReason.STOP],
    ["stop_sequence", FinishReason.STOP],
    ["max_tokens", FinishReason.LENGTH],
    ["model_context_window_exceeded", FinishReason.LENGTH],
    ["tool_use", FinishReason.TOOL_CALLS],
    ["guardrail_intervened", FinishReason.CONTENT_FILTER],
    ["content_filtered", FinishReason.CONTENT_FILTER],
    ["a_new_word", FinishReason.UNSPECIFIED],
  ])("trap 94: %s is told in the common word and its own", (stopReason, reason) => {
    expect(decode(answer([{ text: "x" }], { stopReason })).choices[0]?.finish).toMatchObject({
      reason,
      raw: stopReason,
    });
    expect(follow([BEGIN, delta(0, { text: "x" }), ["messageStop", { stopReason }]]).choices[0]?.finish).toMatchObject({
      reason,
    });
  });

  it.each(["malformed_model_output", "malformed_tool_use"])("trap 94: %s is an error", (stopReason) => {
    for (const read of [
      () => decode(answer([{ text: "x" }], { stopReason })),
      () => follow([BEGIN, delta(0, { text: "x" }), ["messageStop", { stopReason }]]),
    ]) {
      expect(read).toThrow(ParlanceError);
      expect(read).toThrow(stopReason);
    }
  });

  it("tells the stop sequence that was asked for, and keeps what else the model tells", () => {
    const more = { stop_sequence: "END", other: 1 };
    const whole = decode(answer([{ text: "x" }], { stopReason: "stop_sequence", additionalModelResponseFields: more }));
    expect(whole.choices[0]?.finish?.stopSequence).toBe("END");
    expect(whole.extensions).toMatchObject({ "bedrock-converse": { additionalModelResponseFields: { other: 1 } } });
    const streamed = follow([
      BEGIN,
      [
        "messageStop",
        { stopReason: "stop_sequence", additionalModelResponseFields: { delta: { stop_sequence: "END" } } },
      ],
    ]);
    expect(streamed.choices[0]?.finish?.stopSequence).toBe("END");
    expect(streamed.extensions).toBeUndefined();
  });
});

describe("what an answer took", () => {
  const usage = {
    inputTokens: 5,
    outputTokens: 2,
    totalTokens: 37,
    cacheReadInputTokens: 10,
    cacheWriteInputTokens: 20,
    cacheReadInputTokenCount: 10,
    cacheDetails: [{ ttl: "1h", inputTokens: 20 }],
    serverToolUsage: {},
  };

  it("trap 95: counts the cache as input, keeps its parts and what else is told", () => {
    expect(decode(answer([], { usage })).usage).toMatchObject({
      inputTokens: 35,
      outputTokens: 2,
      cacheReadTokens: 10,
      cacheWriteTokens: 20,
      extensions: { "bedrock-converse": { cacheDetails: [{ ttl: "1h", inputTokens: 20 }] } },
    });
  });

  it("trap 93: is told after the end of a stream, and may be missing", () => {
    const events: Event[] = [BEGIN, delta(0, { text: "x" }), ["messageStop", { stopReason: "end_turn" }]];
    expect(
      follow([...events, ["metadata", { usage, serviceTier: { type: "flex" }, trace: { guardrail: { a: 1 } } }]]),
    ).toMatchObject({
      usage: { inputTokens: 35 },
      serviceTier: "flex",
      extensions: { "bedrock-converse": { trace: { guardrail: { a: 1 } } } },
    });
    expect(follow(events).usage).toBeUndefined();
    expect(() => follow(events.slice(0, 2))).toThrow("before the answer was whole");
  });
});

describe("an answer through the hidden tool", () => {
  it("is text, whole and streamed", () => {
    const call = { toolUseId: "h", name: "parlance_json_answer" };
    const whole = decode(answer([{ toolUse: { ...call, input: { a: 1 } } }], { stopReason: "tool_use" }));
    const streamed = follow([
      BEGIN,
      start(0, { toolUse: call }),
      delta(0, { toolUse: { input: '{"a":' } }),
      delta(0, { toolUse: { input: "1}" } }),
      stop(0),
      ["messageStop", { stopReason: "tool_use" }],
    ]);
    for (const completion of [whole, streamed]) {
      expect(partsOf(completion)[0]?.kind).toMatchObject({ case: "text", value: { text: '{"a":1}' } });
      expect(completion.choices[0]?.finish?.reason).toBe(FinishReason.STOP);
    }
  });
});

describe("an answer that is none", () => {
  it.each([
    ["<html>", "not JSON"],
    ["[]", "not a JSON object"],
    ["{}", "no output.message.content"],
    ['{"message":"The thing failed"}', "The thing failed"],
  ])("is refused: %s", (text, words) => {
    expect(() => dialect.decodeResponse(text)).toThrow(words);
  });

  it("is refused in a stream too, and events that are not known pass by", () => {
    const decoder = dialect.streamDecoder();
    expect(() => decoder.decode({ event: "messageStart", data: "[]" }, [])).toThrow("not a JSON object");
    expect(() => decoder.decode({ event: "contentBlockDelta", data: '{"delta":{"text":"x"}}' }, [])).toThrow(
      "without its number",
    );
    expect(follow([BEGIN, ["somethingNew", {}], delta(0, { text: "x" }), ...END]).choices).toHaveLength(1);
  });
});

describe("a count of tokens", () => {
  it("is asked for without what does not count, and read", () => {
    const request = create(ChatRequestSchema, {
      messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hi" } } }] }],
      temperature: 0.5,
      maxOutputTokens: 5,
    });
    const target = { model: "anthropic.claude-x", stream: false, traits: {}, losses: new Losses() };
    expect(JSON.parse(dialect.tokenCount?.encodeRequest(request, target) ?? "")).toEqual({
      input: { converse: { messages: [{ role: "user", content: [{ text: "Hi" }] }] } },
    });
    expect(dialect.tokenCount?.decodeResponse('{"inputTokens":19}')).toBe(19);
    expect(() => dialect.tokenCount?.decodeResponse("{}")).toThrow("no inputTokens");
  });
});

describe("a stream that tells what it should not", () => {
  const text = (completion: Completion) =>
    partsOf(completion).map(({ kind }) => (kind.case === "text" ? kind.value.text : kind.case));

  it("keeps a delta of a kind that is not known beside the text that it stands in", () => {
    const events = [
      delta(0, { text: "a" }),
      delta(0, { video: { bytes: "AA" } }),
      delta(0, { video: { bytes: "BB" } }),
    ];
    const completion = follow([BEGIN, ...events, delta(0, { text: "b" }), stop(0), ...END]);
    expect(text(completion)).toEqual(["a", "opaque", "b"]);
    expect(partsOf(completion)[1]?.kind.value).toMatchObject({ value: { video: { bytes: "AABB" } } });
  });

  it("reads the text of a block whose beginning or whose delta says nothing", () => {
    const completion = follow([
      BEGIN,
      start(0, {}),
      delta(0, {}),
      delta(0, { text: "a" }),
      delta(0, {}),
      stop(0),
      ...END,
    ]);
    expect(text(completion)).toEqual(["a"]);
  });

  it("fails for arguments of a call that has not begun, which would be lost", () => {
    expect(() => follow([BEGIN, delta(0, { toolUse: { input: "{}" } }), stop(0), ...END])).toThrow(/has not begun/);
  });

  it("ends a block that begins again", () => {
    const call = (id: string) => start(0, { toolUse: { toolUseId: id, name: "f" } });
    const completion = follow([
      BEGIN,
      call("a"),
      call("b"),
      delta(0, { toolUse: { input: '{"x":1}' } }),
      stop(0),
      ...END,
    ]);
    expect(partsOf(completion).map(({ kind }) => kind.case === "toolCall" && kind.value.arguments)).toEqual([
      "{}",
      '{"x":1}',
    ]);
  });

  it("keeps events that are not known, and the tier wherever it is told", () => {
    const metadata: Event = ["metadata", { usage: {}, serviceTier: { type: "flex" } }];
    const completion = follow([
      BEGIN,
      ["newEvent", { a: 1 }],
      metadata,
      delta(0, { text: "a" }),
      stop(0),
      END[0] as Event,
    ]);
    expect(completion.extensions).toMatchObject({ "bedrock-converse": { events: [{ newEvent: { a: 1 } }] } });
    expect(completion.serviceTier).toBe("flex");
  });
});

describe("the input of a call in a whole answer", () => {
  it.each([
    [null, "{}"],
    ["", "{}"],
    ['{"a":1}', '{"a":1}'],
    [{ a: 1 }, '{"a":1}'],
  ])("that is %j is %s", (input, text) => {
    const [part] = partsOf(decode(answer([{ toolUse: { toolUseId: "t", name: "f", input } }])));
    expect(part?.kind.value).toMatchObject({ arguments: text });
  });
});
