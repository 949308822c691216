import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chunk, FinishReason, fold, ParlanceError, type Part, readSse, SseSplitter } from "../../sdk/index.js";
import { openaiChat } from "./index.js";

const chunk = (delta: unknown, finish: unknown = null, more: object = {}) => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 7,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const lines = (...events: unknown[]) =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");

function decode(text: string | Buffer, cuts: readonly number[] = []): Chunk[] {
  const bytes = Buffer.from(text);
  const splitter = new SseSplitter();
  const decoder = openaiChat.streamDecoder();
  const out: Chunk[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const block = splitter.push(bytes.subarray(at, cut));
    at = cut;
    if (block !== undefined) readSse(block, (event) => decoder.decode(event, out));
  }
  const rest = splitter.flush();
  if (rest !== undefined) readSse(rest, (event) => decoder.decode(event, out));
  decoder.end(out);
  return out;
}

const choicesOf = (...events: unknown[]) => fold(decode(lines(...events))).choices;
const partsOf = (...events: unknown[]): Part[] => choicesOf(...events)[0]?.message?.parts ?? [];
const callsOf = (...events: unknown[]) =>
  partsOf(...events).flatMap(({ kind }) =>
    kind.case === "toolCall" ? [[kind.value.id, kind.value.name, kind.value.arguments]] : [],
  );

describe("the stream decoder", () => {
  test("trap 99: a first event without choices and id is not the answer's id", () => {
    const first = {
      id: "",
      model: "",
      created: 0,
      object: "",
      choices: [],
      prompt_filter_results: [{ prompt_index: 0 }],
    };
    const whole = fold(decode(lines(first, chunk({ content: "a" }), chunk({}, "stop"), "[DONE]")));
    expect([whole.id, whole.model, whole.createTime?.seconds]).toEqual(["c1", "m", 7n]);
    expect(whole.extensions).toEqual({ "openai-chat": { prompt_filter_results: [{ prompt_index: 0 }] } });
  });

  test("trap 100: filter verdicts that come late are kept with the choice", () => {
    const late = { ...chunk({}), choices: [{ index: 0, finish_reason: null, content_filter_offsets: { start: 1 } }] };
    const [choice] = choicesOf(chunk({ content: "a" }), chunk({}, "stop"), late, "[DONE]");
    expect(choice?.extensions).toEqual({ "openai-chat": { content_filter_offsets: { start: 1 } } });
  });

  test("trap 113: reasoning is one thing under three names", () => {
    for (const delta of [
      { reasoning_content: "r" },
      { reasoning: "r" },
      { content: [{ type: "thinking", thinking: [{ type: "text", text: "r" }] }] },
    ]) {
      expect(partsOf(chunk(delta), chunk({ content: "a" }), chunk({}, "stop")).map(({ kind }) => kind.case)).toEqual([
        "reasoning",
        "text",
      ]);
    }
  });

  test("trap 113: a thought of several pieces, or in a form of its own, is told whole", () => {
    const thought = (thinking: unknown) => {
      const [part] = partsOf(chunk({ content: [{ type: "thinking", thinking, closed: true }] }), chunk({}, "stop"));
      return part?.kind.case === "reasoning" ? part.kind.value.text : part?.kind.case;
    };
    expect(thought("words")).toBe("words");
    expect(thought([{ type: "text", text: "a" }, { type: "reference", reference_ids: [1] }, { text: "b" }])).toBe("ab");
    expect(thought([{ type: "new" }])).toBe("opaque");
  });

  test("a time or a number beyond what the vocabulary holds is no failure", () => {
    const far = { ...chunk({ content: "a" }, "stop"), created: 1_760_000_000_000 };
    const [choice] = choicesOf({ ...far, choices: [{ index: 1e15, delta: { content: "a" }, finish_reason: "stop" }] });
    expect(choice?.index).toBe(0);
  });

  test("trap 114: usage may come with the last choice, again and again, or in a corner of its own", () => {
    const usage = (tokens: number) => ({ prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens + 1 });
    for (const events of [
      [chunk({ content: "a" }, null, { usage: usage(1) }), chunk({}, "stop", { usage: usage(5) })],
      [chunk({ content: "a" }), chunk({}, "stop", { x_groq: { id: "r", usage: usage(5) } })],
      [chunk({ content: "a" }), chunk({}, "stop"), { ...chunk({}), choices: [], usage: usage(5) }],
    ]) {
      const chunks = decode(lines(...events, "[DONE]"));
      expect(chunks.filter(({ event }) => event.case === "usage")).toHaveLength(1);
      expect(fold(chunks).usage?.outputTokens).toBe(5);
    }
  });

  test("trap 115: tool deltas without index or type, whole in one event", () => {
    const call = (id: string, name: string, args: string) => ({ id, function: { name, arguments: args } });
    expect(
      callsOf(chunk({ role: "", tool_calls: [call("a", "f", '{"x":1}'), call("b", "g", "{}")] }, "tool_calls")),
    ).toEqual([
      ["a", "f", '{"x":1}'],
      ["b", "g", "{}"],
    ]);
  });

  test("trap 115: an id that is repeated or empty goes on with the same call, a late name waits", () => {
    expect(
      callsOf(
        chunk({ tool_calls: [{ index: 0, id: "a", type: "", function: { arguments: "" } }] }),
        chunk({ tool_calls: [{ index: 0, id: "a", type: null, function: { name: "f", arguments: '{"x"' } }] }),
        chunk({ tool_calls: [{ index: 0, id: "", function: { arguments: ":1}" } }] }),
        chunk({}, "tool_calls"),
      ),
    ).toEqual([["a", "f", '{"x":1}']]);
  });

  test("trap 115: calls that are all numbered 0 are told apart by their ids", () => {
    const call = (id: string) => ({ index: 0, id, type: "function", function: { name: "f", arguments: "{}" } });
    expect(
      callsOf(chunk({ tool_calls: [call("a")] }), chunk({ tool_calls: [call("b")] }), chunk({}, "tool_calls")).map(
        ([id]) => id,
      ),
    ).toEqual(["a", "b"]);
  });

  test("trap 116: a call is not over because its arguments parse", () => {
    const piece = (text: string) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] });
    const events = [
      chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "" } }] }),
      piece('{"a":1}'),
      piece(" "),
      chunk({}, "tool_calls"),
    ];
    expect(callsOf(...events)).toEqual([["a", "f", '{"a":1} ']]);
    const kinds = decode(lines(...events)).map(({ event }) => event.case);
    expect(kinds.indexOf("partEnd")).toBeGreaterThan(kinds.lastIndexOf("toolCallDelta"));
  });

  test("trap 118: comments, event lines, a missing blank line and a missing [DONE] are legal", () => {
    const text = `: PROCESSING\n\n: keep-alive\n\nevent: message\n${lines(chunk({ content: "a" }))}data: ${JSON.stringify(chunk({}, "stop"))}`;
    expect(fold(decode(text)).choices[0]?.finish?.raw).toBe("stop");
  });

  test.each([
    [
      "an event of its own name",
      'event: error\ndata: {"error":{"message":"bad","code":"tool_use_failed","status_code":400}}\n\n',
    ],
    ["a bare error", 'data: {"error":{"message":"bad","code":500}}\n\n'],
    [
      "an error in the choice",
      lines({
        id: "c1",
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "error", error: { message: "bad" } }],
      }),
    ],
  ])("trap 119: %s is thrown as one error", (_, text) => {
    expect(() => decode(lines(chunk({ content: "a" })) + text)).toThrow("bad");
  });

  test.each([
    ["eos", FinishReason.STOP],
    ["end_turn", FinishReason.STOP],
    ["model_length", FinishReason.LENGTH],
    ["MAX_TOKENS", FinishReason.LENGTH],
    ["COMPLETE", FinishReason.STOP],
    ["TOOL_CALL", FinishReason.TOOL_CALLS],
    ["ERROR_TOXIC", FinishReason.CONTENT_FILTER],
    ["SAFETY", FinishReason.CONTENT_FILTER],
    [1, FinishReason.STOP],
    ["new_word", FinishReason.UNSPECIFIED],
  ])("trap 121: the finish %s is understood, its word kept", (word, reason) => {
    expect(choicesOf(chunk({ content: "a" }), chunk({}, word))[0]?.finish).toMatchObject({ reason, raw: String(word) });
  });

  test("trap 121: an empty finish reason is none yet", () => {
    expect(choicesOf(chunk({ content: "a" }, ""), chunk({}, "length"))[0]?.finish?.raw).toBe("length");
    expect(choicesOf(chunk({ content: "a" }, ""), "[DONE]")[0]?.finish).toMatchObject({
      reason: FinishReason.UNSPECIFIED,
      raw: "",
    });
  });

  test("trap 52: [DONE] without a finish and without any content is an error, not an answer", () => {
    expect(() => decode(lines(chunk({ role: "assistant", content: "" }), "[DONE]"))).toThrow(
      "before the answer was whole",
    );
  });

  test("trap 52: an end without a finish is an error, not an answer", () => {
    expect(() => decode(lines(chunk({ content: "a" })))).toThrow(
      expect.objectContaining({ code: "stream_unfinished" }),
    );
    expect(() => decode("")).toThrow(expect.objectContaining({ code: "stream_unfinished" }));
  });

  test("trap 128: a refusal is no text", () => {
    const parts = partsOf(chunk({ refusal: "I ca" }), chunk({ refusal: "n't" }), chunk({}, "stop"));
    expect(parts.map(({ kind }) => kind)).toMatchObject([{ case: "refusal", value: { text: "I can't" } }]);
  });

  test("trap 129: log probabilities come piece by piece", () => {
    const logprobs = (token: string) => ({
      content: [{ token, logprob: -1, bytes: [1], top_logprobs: [] }],
      refusal: null,
    });
    const event = (token: string) => ({
      ...chunk({}),
      choices: [{ index: 0, delta: { content: token }, logprobs: logprobs(token), finish_reason: null }],
    });
    expect(
      choicesOf(event("a"), event("b"), chunk({}, "stop"))[0]?.logprobs?.content.map(({ token }) => token),
    ).toEqual(["a", "b"]);
  });

  test("trap 130: choices interleave, each with its own finish", () => {
    const at = (index: number, content: string, finish: string | null = null) => ({
      id: "c1",
      model: "m",
      choices: [{ index, delta: { content }, finish_reason: finish }],
    });
    const found = choicesOf(at(0, "a"), at(1, "x"), at(0, "b"), at(1, "y"), at(1, "", "length"), at(0, "", "stop"));
    expect(found.map(({ message, finish }) => [message?.parts[0]?.kind.value, finish?.raw])).toMatchObject([
      [{ text: "ab" }, "stop"],
      [{ text: "xy" }, "length"],
    ]);
  });

  test("trap 131: a legacy function call is a tool call", () => {
    const [choice] = choicesOf(
      chunk({ function_call: { name: "f", arguments: "" } }),
      chunk({ function_call: { arguments: "{}" } }),
      chunk({}, "function_call"),
    );
    expect(choice?.finish?.reason).toBe(FinishReason.TOOL_CALLS);
    expect(choice?.message?.parts[0]?.kind).toMatchObject({ case: "toolCall", value: { name: "f", arguments: "{}" } });
  });

  test("trap 132: sound comes in pieces with its words", () => {
    const parts = partsOf(
      chunk({ audio: { id: "au", transcript: "Hel" } }),
      chunk({ audio: { data: "QUI=" } }),
      chunk({ audio: { data: "Qw==", transcript: "lo", expires_at: 9 } }),
      chunk({}, "stop"),
    );
    expect(parts[0]?.kind).toMatchObject({
      case: "audio",
      value: { transcript: "Hello", source: { case: "data", value: Buffer.from("ABC") } },
    });
  });

  test("text after reasoning and again reasoning are parts of their own", () => {
    const parts = partsOf(
      chunk({ reasoning: "a" }),
      chunk({ content: "b" }),
      chunk({ reasoning: "c" }),
      chunk({}, "stop"),
    );
    expect(parts.map(({ kind }) => kind.case)).toEqual(["reasoning", "text", "reasoning"]);
  });

  test("a line that is no JSON is the provider's fault", () => {
    expect(() => decode(lines(chunk({ content: "a" }), "{nonsense"))).toThrow(ParlanceError);
    expect(() => decode(lines(chunk({ content: "a" }), "{nonsense"))).toThrow(
      expect.objectContaining({ code: "malformed_answer" }),
    );
  });

  test("trap 146 and 147, law 2: any cut of the bytes and any line end give the same chunks", () => {
    const text = lines(
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning_content: "denk €" }),
      chunk({ content: "Grüße 🌍" }),
      chunk({ tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: '{"x":"é"}' } }] }),
      chunk({}, "tool_calls"),
      "[DONE]",
    );
    const expected = decode(text);
    fc.assert(
      fc.property(fc.constantFrom("\n", "\r\n", "\r"), fc.array(fc.nat(), { maxLength: 40 }), (ending, seeds) => {
        const bytes = Buffer.from(text.replaceAll("\n", ending));
        const cuts = seeds.map((seed) => seed % bytes.length).sort((a, b) => a - b);
        expect(decode(bytes, cuts)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
    expect(
      decode(
        text,
        Array.from({ length: Buffer.byteLength(text) }, (_, index) => index),
      ),
    ).toEqual(expected);
  });
});
