import {
  type Chunk,
  type Completion,
  FinishReason,
  fold,
  type JsonObject,
  type ParlanceError,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
  ToolKind,
} from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { ask, listen, simulator } from "../../../test/support/simulate.js";
import { countTokens, tokenize } from "./tokens.js";

type More = Parameters<typeof ask>[1];

const answer = async (model: string, text: string, more?: More): Promise<Completion> => {
  const { chunks, error } = await listen(simulator().provider, model, ask(text, more));
  expect(error).toBeUndefined();
  expectGrammar(chunks);
  return fold(chunks);
};
const textOf = (completion: Completion, choice = 0): string =>
  (completion.choices[choice]?.message?.parts ?? [])
    .map(({ kind }) => (kind.case === "text" ? kind.value.text : ""))
    .join("");
const callsOf = (completion: Completion): { id: string; name: string; arguments: string; kind: ToolKind }[] =>
  (completion.choices[0]?.message?.parts ?? []).flatMap(({ kind }) => (kind.case === "toolCall" ? [kind.value] : []));
const failure = async (model: string, more?: More): Promise<{ chunks: Chunk[]; error: ParlanceError }> => {
  const { chunks, error } = await listen(simulator().provider, model, ask("hi", more));
  return { chunks, error: error as ParlanceError };
};
const tokensIn = (chunks: readonly Chunk[]): number => chunks.filter(({ event }) => event.case === "textDelta").length;

/** The order that the vocabulary promises for a stream. */
function expectGrammar(chunks: readonly Chunk[]): void {
  const names = chunks.map(({ event }) => event.case);
  expect(names[0]).toBe("completionStart");
  expect(names.slice(-2)).toEqual(["usage", "completionEnd"]);
  expect(
    names.filter((name) => name === "completionStart" || name === "completionEnd" || name === "usage"),
  ).toHaveLength(3);
  const open = new Map<string, boolean>();
  const finished = new Set<number>();
  for (const { event } of chunks) {
    if (event.case === "finish") {
      expect(finished).not.toContain(event.value.choice);
      finished.add(event.value.choice);
    } else if (event.value && "choice" in event.value) {
      expect(finished).not.toContain(event.value.choice);
      if (!("part" in event.value)) continue;
      const key = `${event.value.choice}/${event.value.part}`;
      expect(open.get(key)).toBe(event.case === "partStart" ? undefined : true);
      open.set(key, event.case !== "partEnd");
    }
  }
  expect([...open.values()]).not.toContain(true);
  expect(finished.size).toBeGreaterThan(0);
}

const weather = {
  kind: {
    case: "function" as const,
    value: {
      name: "weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as JsonObject,
    },
  },
};
const search = { kind: { case: "custom" as const, value: { name: "search" } } };

describe("every model of the simulator", () => {
  it("tells its id, its name and the clock's time, and the tokens that it took", async () => {
    const completion = await answer("echo", "Hello there");
    expect(completion).toMatchObject({ model: "echo", createTime: { seconds: 1_700_000_000n, nanos: 250_000_000 } });
    expect(completion.id).toMatch(/^sim-[0-9a-f]{24}$/);
    expect(completion.usage).toMatchObject({ inputTokens: 4 + 4 + 2, outputTokens: 2 });
    expect(completion.losses).toEqual([]);
  });

  it.each(["echo", "lorem", "tools", "json", "reasoning", "refusal", "vision", "length", "slow"])(
    "%s gives the same answer for the same request and seed",
    async (model) => {
      const once = await answer(model, "Say it", { tools: [weather], seed: 5n });
      expect(await answer(model, "Say it", { tools: [weather], seed: 5n })).toEqual(once);
    },
  );

  it("gives another answer for another seed", async () => {
    expect(textOf(await answer("lorem", "x", { seed: 1n }))).not.toBe(textOf(await answer("lorem", "x", { seed: 2n })));
  });

  it("takes the seed of its settings where the request has none", async () => {
    const lorem = async (seed: number): Promise<string> =>
      textOf(fold((await listen(simulator({ seed }).provider, "lorem", ask("x"))).chunks));
    expect(await lorem(3)).toBe(textOf(await answer("lorem", "x", { seed: 3n })));
  });

  it("stops at the limit of tokens, with the beginning of the same answer", async () => {
    const whole = textOf(await answer("lorem", "x"));
    const cut = await answer("lorem", "x", { maxOutputTokens: 5 });
    expect(textOf(cut)).toBe(tokenize(whole).slice(0, 5).join(""));
    expect(cut.choices[0]?.finish).toMatchObject({ reason: FinishReason.LENGTH, raw: "length" });
    expect(cut.usage?.outputTokens).toBe(5);
  });

  it("stops before the first stop sequence, and tells it", async () => {
    const completion = await answer("echo", "one two three four", { stop: ["four", " three", "nowhere"] });
    expect(textOf(completion)).toBe("one two");
    expect(completion.choices[0]?.finish).toMatchObject({ reason: FinishReason.STOP, stopSequence: " three" });
  });

  it("answers as many choices as are asked for, side by side", async () => {
    const { chunks } = await listen(simulator().provider, "lorem", ask("x", { n: 3 }));
    expectGrammar(chunks);
    const completion = fold(chunks);
    const texts = [0, 1, 2].map((choice) => textOf(completion, choice));
    expect(new Set(texts).size).toBe(3);
    expect(completion.usage?.outputTokens).toBe(texts.reduce((sum, text) => sum + countTokens(text), 0));
    const first = chunks.flatMap(({ event }) => (event.case === "textDelta" ? [event.value.choice] : [])).slice(0, 6);
    expect(first).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it("gives log probabilities when they are asked for, the likeliest first", async () => {
    const completion = await answer("echo", "one two", { logprobs: true, topLogprobs: 3 });
    const content = completion.choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token)).toEqual(["one", " two"]);
    for (const { token, logprob, bytes, topLogprobs } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(Buffer.from(bytes ?? []).toString()).toBe(token);
      expect(topLogprobs[0]).toMatchObject({ token, logprob });
      expect(topLogprobs.map((entry) => entry.logprob)).toEqual(
        topLogprobs.map((entry) => entry.logprob).sort((a, b) => b - a),
      );
      expect(new Set(topLogprobs.map((entry) => entry.token)).size).toBe(3);
    }
    expect((await answer("echo", "one two")).choices[0]?.logprobs).toBeUndefined();
  });

  it("obeys a JSON schema as its response format", async () => {
    const schema = { type: "object", properties: { a: { const: 1 } }, required: ["a"], additionalProperties: false };
    const responseFormat = { kind: { case: "jsonSchema" as const, value: { schema } } };
    expect(JSON.parse(textOf(await answer("echo", "x", { responseFormat })))).toEqual({ a: 1 });
    const thinking = await answer("reasoning", "x", { responseFormat });
    expect(thinking.choices[0]?.message?.parts.map(({ kind }) => kind.case)).toEqual(["reasoning", "text"]);
    expect(JSON.parse(textOf(thinking))).toEqual({ a: 1 });
  });

  it("calls a tool where the choice demands it", async () => {
    const completion = await answer("echo", "x", { tools: [weather], toolChoice: { mode: ToolChoiceMode.REQUIRED } });
    expect(callsOf(completion).map(({ name }) => name)).toEqual(["weather"]);
  });

  it("tells every field that it can do nothing with, and refuses it in strict mode", async () => {
    const more = { temperature: 0, extensions: { "openai-chat": { store: true } } };
    const completion = await answer("echo", "x", more);
    expect(completion.losses.map(({ path }) => path)).toEqual(["temperature", "extensions.openai-chat.store"]);
    expect((await failure("echo", { ...more, strict: true })).error).toMatchObject({
      code: "unsupported",
      facts: { field: "temperature" },
    });
  });

  it.each<[string, More]>([
    ["messages", { messages: [] }],
    ["n", { n: 0 }],
    ["max_output_tokens", { maxOutputTokens: 0 }],
    ["top_logprobs", { topLogprobs: 2 }],
    ["top_logprobs", { topLogprobs: 21, logprobs: true }],
    ["tool_choice.name", { tools: [weather], toolChoice: { mode: ToolChoiceMode.TOOL, name: "other" } }],
    ["tool_choice", { toolChoice: { mode: ToolChoiceMode.REQUIRED } }],
  ])("refuses a request whose %s cannot be", async (field, more) => {
    const { chunks, error } = await failure("echo", more);
    expect(error).toMatchObject({ code: "invalid_request", facts: { field } });
    expect(chunks).toEqual([]);
  });

  it("counts the tokens of a prompt without an answer", async () => {
    const { provider } = simulator();
    const call = { model: "echo", signal: new AbortController().signal, requestId: "r", stream: true };
    const bare = await provider.countTokens?.(ask("Hello there"), call);
    expect(bare).toBe(10);
    expect(await provider.countTokens?.(ask("Hello there", { tools: [weather] }), call)).toBeGreaterThan(10);
  });
});

describe("the pace", () => {
  it("is none, but for lorem and slow", async () => {
    const waitsOf = async (model: string, settings?: Record<string, number>): Promise<number[]> => {
      const { provider, waits } = simulator(settings);
      await listen(provider, model, ask("one two three"));
      return waits;
    };
    expect(await waitsOf("echo")).toEqual([]);
    const lorem = await waitsOf("lorem");
    expect(lorem[0]).toBeGreaterThanOrEqual(150);
    expect(lorem[0]).toBeLessThanOrEqual(450);
    for (const wait of lorem.slice(1)) expect(Math.abs(wait - 20)).toBeLessThanOrEqual(10);
    expect(new Set(lorem).size).toBeGreaterThan(2);
    expect(await waitsOf("lorem")).toEqual(lorem);
    expect((await waitsOf("slow"))[0]).toBeGreaterThanOrEqual(1000);
    expect(await waitsOf("lorem", { time_to_first_token_ms: 0, tokens_per_second: 0 })).toEqual([]);
    expect(await waitsOf("echo", { tokens_per_second: 100 })).toHaveLength(2);
  });
});

describe("an abort", () => {
  it("ends an answer at once, in the middle of a wait", async () => {
    const { createSimulator } = await import("./simulator.js");
    const provider = createSimulator({ name: "s", settings: { time_to_first_token_ms: 500_000 } });
    const stop = new AbortController();
    const listening = listen(provider, "echo", ask("x"), stop.signal);
    setTimeout(() => stop.abort(), 5);
    const { chunks, error } = await listening;
    expect(chunks.map(({ event }) => event.case)).toEqual(["completionStart"]);
    expect(error).toMatchObject({ code: "cancelled" });
  });

  it("before the call lets nothing begin", async () => {
    const { chunks, error } = await listen(simulator().provider, "echo", ask("x"), AbortSignal.abort());
    expect(chunks).toEqual([]);
    expect(error).toMatchObject({ code: "cancelled" });
  });
});

describe("the model", () => {
  it("echo says the last words of the user", async () => {
    expect(textOf(await answer("echo", "Grüße, 世界! 👩‍👩‍👧"))).toBe("Grüße, 世界! 👩‍👩‍👧");
  });

  it("tools calls every tool on offer, with arguments that obey its schema", async () => {
    const completion = await answer("tools", "x", { tools: [weather, search] });
    const [first, second] = callsOf(completion);
    expect(first).toMatchObject({ name: "weather", kind: ToolKind.FUNCTION });
    expect(JSON.parse(first?.arguments ?? "")).toEqual({ city: expect.any(String) });
    expect(second).toMatchObject({ name: "search", kind: ToolKind.CUSTOM });
    expect(second?.arguments).not.toBe("");
    expect(first?.id).not.toBe(second?.id);
    expect(completion.choices[0]?.finish).toMatchObject({ reason: FinishReason.TOOL_CALLS, raw: "tool_calls" });
  });

  it.each<[string, More, string[]]>([
    [
      "one of several where calls may not be parallel",
      { tools: [weather, search], parallelToolCalls: false },
      ["weather"],
    ],
    [
      "the one that is named",
      { tools: [weather, search], toolChoice: { mode: ToolChoiceMode.TOOL, name: "search" } },
      ["search"],
    ],
    [
      "those that are allowed",
      { tools: [weather, search], toolChoice: { mode: ToolChoiceMode.REQUIRED, allowed: ["search"] } },
      ["search"],
    ],
    ["none where none may be called", { tools: [weather], toolChoice: { mode: ToolChoiceMode.NONE } }, []],
    ["none where none is offered", {}, []],
  ])("tools calls %s", async (_what, more, names) => {
    expect(callsOf(await answer("tools", "x", more)).map(({ name }) => name)).toEqual(names);
  });

  it("tools calls one tool twice when asked for parallel calls", async () => {
    expect(callsOf(await answer("tools", "Call it in parallel", { tools: [weather] }))).toHaveLength(2);
  });

  it("tools speaks to the results of its calls", async () => {
    const result = (toolCallId: string, text: string, isError: boolean) => ({
      kind: {
        case: "toolResult" as const,
        value: { toolCallId, isError, content: [{ kind: { case: "text" as const, value: { text } } }] },
      },
    });
    const call = (id: string) => ({
      kind: { case: "toolCall" as const, value: { id, name: "weather", arguments: "{}" } },
    });
    const messages = [
      ...ask("Weather?").messages,
      { role: Role.ASSISTANT, parts: [call("a"), call("b")] },
      { role: Role.TOOL, parts: [result("a", "18 C", false)] },
      { role: Role.TOOL, parts: [result("b", "no such city", true)] },
    ];
    const completion = await answer("tools", "", { messages, tools: [weather] });
    expect(textOf(completion)).toBe("The tool weather answered: 18 C\nThe tool weather failed: no such city");
  });

  it("json answers an object without being asked for one", async () => {
    expect(JSON.parse(textOf(await answer("json", "hi")))).toEqual({ answer: "hi" });
  });

  it("reasoning thinks, signs, and answers", async () => {
    const completion = await answer("reasoning", "why?");
    const [thought, text] = completion.choices[0]?.message?.parts ?? [];
    expect(thought?.kind).toMatchObject({
      case: "reasoning",
      value: { dialect: "simulator", signature: expect.stringMatching(/^.{44}$/) },
    });
    expect(text?.kind).toMatchObject({ case: "text", value: { text: "why?" } });
    const { outputTokens = 0, reasoningTokens = 0 } = completion.usage ?? {};
    expect(outputTokens - reasoningTokens).toBe(2);
    expect(reasoningTokens).toBe(countTokens(thought?.kind.case === "reasoning" ? thought.kind.value.text : ""));
  });

  it("reasoning obeys effort, budget and visibility", async () => {
    const thought = async (reasoning: NonNullable<More>["reasoning"]) =>
      (await answer("reasoning", "why?", { ...(reasoning && { reasoning }) })).choices[0]?.message?.parts.find(
        ({ kind }) => kind.case === "reasoning",
      )?.kind.value as { text: string; signature: string } | undefined;
    expect(await thought({ effort: ReasoningEffort.NONE })).toBeUndefined();
    expect(countTokens((await thought({ budgetTokens: 3 }))?.text ?? "")).toBe(3);
    const hidden = await thought({ visible: false });
    expect(hidden?.text).toBe("");
    expect(hidden?.signature).not.toBe("");
  });

  it("refusal declines", async () => {
    const completion = await answer("refusal", "x");
    expect(completion.choices[0]?.message?.parts[0]?.kind).toMatchObject({ case: "refusal" });
    expect(completion.choices[0]?.finish?.reason).toBe(FinishReason.STOP);
  });

  it("vision says what pictures it was given", async () => {
    const parts = [
      {
        kind: {
          case: "image" as const,
          value: { source: { case: "data" as const, value: new Uint8Array(70) }, mediaType: "image/png" },
        },
      },
      {
        kind: {
          case: "image" as const,
          value: { source: { case: "url" as const, value: "https://example.com/a.jpg" }, detail: "low" },
        },
      },
    ];
    expect(textOf(await answer("vision", "", { messages: [{ role: Role.USER, parts }] }))).toBe(
      "I was given 2 images:\n1. image/png, 70 bytes\n2. url https://example.com/a.jpg, detail low",
    );
    expect(textOf(await answer("vision", "none"))).toBe("I was given no images.");
  });

  it.each([
    [undefined, 16],
    [7, 7],
  ])("length is stopped by its limit: asked for %s it says %s tokens", async (max, said) => {
    const completion = await answer("length", "x", max === undefined ? {} : { maxOutputTokens: max });
    expect(completion.choices[0]?.finish?.reason).toBe(FinishReason.LENGTH);
    expect(completion.usage?.outputTokens).toBe(said);
  });

  it.each([
    ["error-400", "invalid_request", 400, undefined],
    ["error-401", "provider_unauthenticated", 401, undefined],
    ["error-418", "invalid_request", 418, undefined],
    ["error-429", "provider_rate_limited", 429, 1000],
    ["error-500", "provider_error", 500, undefined],
    ["error-529", "provider_overloaded", 529, 1000],
    ["error-overloaded", "overloaded", undefined, 1000],
    ["error-rate_limited", "rate_limited", undefined, 1000],
    ["error-context_length_exceeded", "context_length_exceeded", undefined, undefined],
  ])("%s fails with %s before it says anything", async (model, code, providerStatus, retryAfterMs) => {
    const { chunks, error } = await failure(model);
    expect(chunks).toEqual([]);
    expect(error.code).toBe(code);
    expect(error.facts.providerStatus).toBe(providerStatus);
    expect(error.facts.retryAfterMs).toBe(retryAfterMs);
  });

  it.each([0, 1, 5])("error-after-%s fails after so many tokens", async (tokens) => {
    const { chunks, error } = await failure(`error-after-${tokens}`);
    expect(tokensIn(chunks)).toBe(tokens);
    expect(error).toMatchObject({ code: "provider_error" });
  });

  it("cut-after-3 ends without a finish", async () => {
    const { chunks, error } = await failure("cut-after-3");
    expect(error).toBeUndefined();
    expect(tokensIn(chunks)).toBe(3);
    expect(chunks.at(-1)?.event.case).toBe("textDelta");
  });

  it("stall-after-2 is silent until the caller gives up", async () => {
    const stop = new AbortController();
    const listening = listen(simulator().provider, "stall-after-2", ask("x"), stop.signal);
    const early = await Promise.race([listening, new Promise((resolve) => setTimeout(() => resolve("silent"), 20))]);
    expect(early).toBe("silent");
    stop.abort();
    const { chunks, error } = await listening;
    expect(tokensIn(chunks)).toBe(2);
    expect(error).toMatchObject({ code: "cancelled" });
  });

  it("meets no accident when the limit comes first", async () => {
    expect((await answer("cut-after-9", "x", { maxOutputTokens: 4 })).choices[0]?.finish?.reason).toBe(
      FinishReason.LENGTH,
    );
  });

  it.each([
    ["nonsense", "model_not_found"],
    ["error-nonsense", "model_not_found"],
    ["cut-after-many", "model_not_found"],
    ["stall-after-999999999", "model_not_found"],
    ["toString", "model_not_found"],
    ["embed", "unsupported"],
  ])("%s is refused as %s", async (model, code) => {
    expect((await failure(model)).error.code).toBe(code);
  });
});
