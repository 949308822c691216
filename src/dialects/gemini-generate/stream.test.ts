import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/support/anthropic-requests.js";
import { answering, event, eventsOf, follow } from "../../../test/support/gemini-requests.js";
import { readJsonArray } from "../../../test/support/read-json-array.js";
import {
  type Chunk,
  type Completion,
  FinishReason,
  type JsonObject,
  ParlanceError,
  readSse,
  SseSplitter,
  unfold,
} from "../../sdk/index.js";
import { gemini } from "./index.js";
import { JsonArrayStream } from "./json-array-stream.js";

const parts = (completion: Completion) => completion.choices[0]?.message?.parts ?? [];
const kinds = (chunks: readonly Chunk[]) => chunks.map(({ event }) => event.case);
const last = event(
  [{ text: "" }],
  { finishReason: "STOP" },
  { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 } },
);

describe("a stream", () => {
  it("trap 77: says how it ended once, at its end, though every event says so", () => {
    const stop = { finishReason: "STOP" };
    const { chunks, completion } = follow(event([{ text: "a" }], stop), event([{ text: "b" }], stop), last);
    expect(kinds(chunks)).toEqual([
      "completionStart",
      "partStart",
      "textDelta",
      "textDelta",
      "partEnd",
      "finish",
      "usage",
      "completionEnd",
    ]);
    expect(parts(completion)[0]?.kind.value).toMatchObject({ text: "ab" });
  });

  it("trap 76: remembers its calls until its end", () => {
    const { completion } = follow(event([{ functionCall: { name: "look", args: { a: 1 } } }]), last);
    expect(completion.choices[0]?.finish).toMatchObject({ reason: FinishReason.TOOL_CALLS, raw: "STOP" });
    expect(parts(completion)).toHaveLength(1);
  });

  it("trap 45: calls without arguments with an empty object", () => {
    const { completion } = follow(event([{ functionCall: { name: "now" } }]), last);
    expect(parts(completion)[0]?.kind.value).toMatchObject({ name: "now", arguments: "{}" });
  });

  it("trap 83: takes the last usage for the whole, and events without candidate, content or parts as they are", () => {
    const usage = (count: number) => ({ usageMetadata: { promptTokenCount: 3, candidatesTokenCount: count } });
    const { completion } = follow(
      { responseId: "r", modelVersion: "m" },
      { candidates: [], ...usage(1) },
      { candidates: [{ index: 0 }], ...usage(2) },
      { candidates: [{ content: { role: "model" }, index: 0 }] },
      event([{ text: "a" }], {}, usage(5)),
      event([], { finishReason: "MAX_TOKENS" }, usage(9)),
    );
    expect(completion.usage).toMatchObject({ inputTokens: 3, outputTokens: 9 });
    expect(completion.id).toBe("r");
    expect(completion.choices[0]?.finish?.reason).toBe(FinishReason.LENGTH);
  });

  it("trap 81: of a blocked prompt declines", () => {
    const feedback = {
      promptFeedback: { blockReason: "PROHIBITED_CONTENT", blockReasonMessage: "No." },
      responseId: "r",
    };
    const { chunks, completion } = follow(feedback);
    expect(completion.choices[0]?.finish).toMatchObject({
      reason: FinishReason.CONTENT_FILTER,
      raw: "PROHIBITED_CONTENT",
    });
    expect(parts(completion)[0]?.kind).toMatchObject({ case: "refusal", value: { text: "No." } });
    const events = eventsOf(chunks);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject(feedback);
    expect(events[0]).not.toHaveProperty("candidates");
  });

  it("trap 81: that is blocked in its middle declines after what it has said", () => {
    const { completion } = follow(event([{ text: "a" }]), { promptFeedback: { blockReason: "SAFETY" } });
    expect(parts(completion)[0]?.kind.value).toMatchObject({ text: "a" });
    expect(completion.choices[0]?.finish).toMatchObject({ reason: FinishReason.CONTENT_FILTER, raw: "SAFETY" });
  });

  it("trap 85: goes from thoughts to words, and seals what is sealed", () => {
    const { chunks, completion } = follow(
      event([{ text: "h", thought: true }]),
      event([{ text: "m", thought: true }]),
      event([{ text: "hi" }]),
      event([{ functionCall: { name: "look", args: {} }, thoughtSignature: "YQ==" }]),
      event([{ text: "", thoughtSignature: "Yg==" }], { finishReason: "STOP" }),
    );
    const told = parts(completion).map(({ kind }) => [kind.case, kind.value as unknown]);
    expect(told).toMatchObject([
      ["reasoning", { text: "hm" }],
      ["text", { text: "hi" }],
      ["reasoning", { text: "", signature: "YQ==" }],
      ["toolCall", { name: "look", arguments: "{}" }],
      ["reasoning", { text: "", signature: "Yg==" }],
    ]);
    const written = eventsOf(chunks).flatMap(({ candidates }) =>
      (candidates as { content: { parts: JsonObject[] } }[]).flatMap(({ content }) => content.parts),
    );
    expect(written.map(({ thoughtSignature }) => thoughtSignature)).toEqual([
      undefined,
      undefined,
      undefined,
      "YQ==",
      "Yg==",
      undefined,
    ]);
  });

  it("puts calls together that come in pieces, place by place", () => {
    const piece = (call: JsonObject): JsonObject => event([{ functionCall: call }]);
    const { completion } = follow(
      piece({ name: "order", willContinue: true }),
      piece({
        partialArgs: [{ jsonPath: "$.items[0].name", stringValue: "ap", willContinue: true }],
        willContinue: true,
      }),
      piece({ partialArgs: [{ jsonPath: "$.items[0].name", stringValue: "ple" }], willContinue: true }),
      piece({
        partialArgs: [
          { jsonPath: "$.items[0].price", numberValue: 0.5 },
          { jsonPath: "$.items[1]['the name']", nullValue: "NULL_VALUE" },
          { jsonPath: "$.__proto__.x", boolValue: true },
        ],
        willContinue: true,
      }),
      piece({}),
      piece({ name: "pay", args: { all: true } }),
      last,
    );
    expect(parts(completion).map(({ kind }) => kind.value)).toMatchObject([
      { name: "order", arguments: '{"items":[{"name":"apple","price":0.5},{"the name":null}],"__proto__":{"x":true}}' },
      { name: "pay", arguments: '{"all":true}' },
    ]);
    expect(({} as { x?: boolean }).x).toBeUndefined();
  });

  it("tells several candidates side by side, and their log probabilities", () => {
    const token = (name: string) => ({ logprobsResult: { chosenCandidates: [{ token: name, logProbability: -1 }] } });
    const both = (a: JsonObject, b: JsonObject): JsonObject => ({
      candidates: [
        { content: { parts: [{ text: "a" }] }, index: 0, ...a },
        { content: { parts: [{ text: "b" }] }, index: 1, ...b },
      ],
    });
    const { completion } = follow(
      both(token("x"), {}),
      both({ ...token("y"), finishReason: "STOP" }, { finishReason: "SAFETY" }),
    );
    expect(completion.choices.map(({ finish }) => finish?.raw)).toEqual(["STOP", "SAFETY"]);
    expect(completion.choices.map(({ message }) => message?.parts[0]?.kind.value)).toMatchObject([
      { text: "aa" },
      { text: "bb" },
    ]);
    expect(completion.choices[0]?.logprobs?.content.map(({ token: name }) => name)).toEqual(["x", "y"]);
  });

  it("that ends before it said how is cut off", () => {
    for (const events of [[], [event([{ text: "a" }])], [{ usageMetadata: { promptTokenCount: 1 } }]]) {
      expect(failure(() => follow(...(events as JsonObject[]))).code).toBe("stream_unfinished");
    }
  });

  it("that tells an error throws it, and one that is no JSON is the provider's fault", () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.5s" }];
    const error = { error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED", details } };
    const thrown = failure(() => follow(event([{ text: "a" }]), error));
    expect(thrown).toMatchObject({
      code: "provider_rate_limited",
      message: "slow down",
      facts: { retryAfterMs: 1500 },
    });
    expect(failure(() => follow("{")).code).toBe("malformed_answer");
    expect(failure(() => follow({ candidates: ["x"] })).code).toBe("malformed_answer");
  });
});

describe("an encoder", () => {
  it("trap 84: separates events by CRLF, ends without a mark, and tells an error as an event", () => {
    const { chunks } = follow(event([{ text: "a" }]), last);
    const encoder = gemini.streamEncoder(answering);
    const text = chunks.map((chunk) => encoder.encode(chunk)).join("");
    expect(text).toMatch(/^(?:data: \{.*\}\r\n\r\n)+$/);
    expect(text).not.toContain("[DONE]");
    const error = encoder.error(new ParlanceError("overloaded", "busy", { retryAfterMs: 2000 }));
    expect(JSON.parse(error.slice("data: ".length))).toMatchObject({
      error: { code: 503, message: "busy", status: "UNAVAILABLE" },
    });
  });

  it("trap 84: can be told as one JSON array, however its events are cut", () => {
    const events = [event([{ text: "a\n\n]," }]), last];
    const text = events.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`);
    const array = new JsonArrayStream();
    expect(readJsonArray(text.map((one) => array.push(one)).join("") + array.end())).toEqual(events);
    const whole = new JsonArrayStream();
    expect(readJsonArray(whole.push(text.join("")) + whole.end())).toEqual(events);
    expect(readJsonArray(new JsonArrayStream().end())).toEqual([]);
  });
});

const words = fc.string({ minLength: 1, maxLength: 6, unit: "grapheme" });
const part = fc.oneof(
  fc.record({ text: words }),
  fc.record({ text: words, thought: fc.constant(true) }),
  fc.record({ text: words, thought: fc.constant(true), thoughtSignature: fc.base64String({ minLength: 4 }) }),
  fc.record(
    {
      functionCall: fc.record({
        name: fc.constantFrom("look", "roll"),
        args: fc.dictionary(words, fc.jsonValue({ maxDepth: 1 }), { noNullPrototype: true }),
      }),
      thoughtSignature: fc.base64String({ minLength: 4 }),
    },
    { requiredKeys: ["functionCall"] },
  ),
  fc.record({ text: fc.constant(""), thoughtSignature: fc.base64String({ minLength: 4 }) }),
  fc.record({ executableCode: fc.record({ language: fc.constant("PYTHON"), code: words }) }),
);
const stream = fc
  .array(fc.array(part, { maxLength: 3 }), { maxLength: 6 })
  .map((events) => [...events.map((list) => event(list as JsonObject[])), last]);

describe("the laws of streams", () => {
  it("law 2: any split of the bytes gives the same chunks", () => {
    fc.assert(
      fc.property(
        stream,
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        fc.constantFrom("\n", "\r\n", "\r"),
        (events, sizes, line) => {
          const bytes = Buffer.from(events.map((one) => `data: ${JSON.stringify(one)}${line}${line}`).join(""));
          expect(read(bytes, sizes)).toEqual(follow(...events).chunks);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("laws 1 and 3: what is written for a stream, or for its answer, is read as the same", () => {
    fc.assert(
      fc.property(stream, (events) => {
        const { chunks, completion } = follow(...events);
        const sense = (one: Completion) => [
          one.id,
          one.model,
          parts(one).map(senseOf),
          one.choices[0]?.finish,
          one.usage,
        ];
        expect(sense(follow(...eventsOf(chunks)).completion)).toEqual(sense(completion));
        expect(sense(follow(...eventsOf(unfold(completion))).completion)).toEqual(sense(completion));
        const whole = gemini.decodeResponse(gemini.encodeResponse(completion, answering));
        expect(sense(whole)).toEqual(sense(completion));
      }),
      { numRuns: 100 },
    );
  });
});

function senseOf({ kind }: ReturnType<typeof parts>[number]): unknown {
  return [kind.case, kind.value];
}

function read(bytes: Buffer, sizes: Iterator<number>): Chunk[] {
  const splitter = new SseSplitter();
  const decoder = gemini.streamDecoder();
  const chunks: Chunk[] = [];
  const take = (block: Buffer | undefined): void => {
    if (block !== undefined) readSse(block, (one) => decoder.decode(one, chunks));
  };
  for (let at = 0; at < bytes.length; ) {
    const size = sizes.next().value as number;
    take(splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  take(splitter.flush());
  decoder.end(chunks);
  return chunks;
}
