import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import {
  APICallError,
  generateObject,
  generateText,
  type LanguageModel,
  Output,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { answerJson, answerSse } from "../../kits/upstream.js";
import {
  callsThenWords,
  plainWords,
  startVendors,
  thrownBy,
  until,
  vendors,
  type VendorWorld,
} from "../../kits/vendors.js";

let world: VendorWorld;

beforeAll(async () => {
  // It warns of models that it does not know by name.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  world = await startVendors();
});
afterAll(() => world.close());

/** Providers of Vercel's `ai`, by the door that each speaks to. */
const providers: Record<string, (model: string) => LanguageModel> = {
  "@ai-sdk/openai": (model) => createOpenAI({ baseURL: `${world.url}/v1`, apiKey: "any" })(model),
  "@ai-sdk/openai (chat)": (model) => createOpenAI({ baseURL: `${world.url}/v1`, apiKey: "any" }).chat(model),
  "@ai-sdk/anthropic": (model) => createAnthropic({ baseURL: `${world.url}/v1`, apiKey: "any" })(model),
  "@ai-sdk/google": (model) => createGoogleGenerativeAI({ baseURL: `${world.url}/v1beta`, apiKey: "any" })(model),
};
const pairs = Object.entries(providers).flatMap(([provider, open]) =>
  vendors.map((vendor) => ({ provider, open, vendor, speaks: vendor.name })),
);

const schema = z.object({ answer: z.number(), unit: z.enum(["C", "F"]) });
const prompt = "Which is colder, Oslo or Rome?";
const once = { prompt, maxRetries: 0 };

describe.each(pairs)("Vercel's ai with $provider over a provider that speaks as $speaks", ({ open, vendor }) => {
  const model = (): LanguageModel => open(vendor.model);
  const weather = (asked: string[]) => ({
    get_weather: tool({
      description: "Weather now.",
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => {
        asked.push(city);
        return { city, degrees: 4 };
      },
    }),
  });

  it("generates text", async () => {
    world.say(vendor, { ...plainWords, finish: "length" });
    const { text, finishReason, usage, warnings } = await generateText({ ...once, model: model(), maxOutputTokens: 9 });
    expect(text).toBe("one two three");
    expect(finishReason).toBe("length");
    expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 3, totalTokens: 8 });
    expect(warnings ?? []).toEqual([]);
  });

  it("streams text and reasoning as they grow", async () => {
    world.say(vendor, { ...plainWords, reasoning: "Let me think." });
    const result = streamText({ ...once, model: model() });
    const texts: string[] = [];
    for await (const piece of result.textStream) texts.push(piece);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join("")).toBe("one two three");
    expect(await result.finishReason).toBe("stop");
    expect(await result.usage).toMatchObject({ inputTokens: 5, outputTokens: 3 });
  });

  it.each([false, true])("takes the steps of a conversation with tools (streamed: %s)", async (streamed) => {
    world.say(vendor, ...callsThenWords);
    const asked: string[] = [];
    const settings = { ...once, model: model(), tools: weather(asked), stopWhen: stepCountIs(4) };
    const before = world.upstream.seen.length;
    const result = streamed ? streamText(settings) : await generateText(settings);
    expect(await result.text).toBe("Oslo is colder.");
    const steps = await result.steps;
    expect(steps.map((step) => step.finishReason)).toEqual(["tool-calls", "stop"]);
    expect(steps[0]?.text).toBe("Looking it up.");
    expect(steps[0]?.toolCalls.map(({ toolName, input }) => [toolName, input])).toEqual([
      ["get_weather", { city: "Oslo" }],
      ["get_weather", { city: "Rome" }],
    ]);
    expect(asked.sort()).toEqual(["Oslo", "Rome"]);
    expect(await result.totalUsage).toMatchObject({ inputTokens: 154, outputTokens: 45 });
    expect(world.upstream.seen.length - before).toBe(2);
    const conversation = JSON.stringify(world.asked());
    for (const word of [prompt, "Looking it up.", "Oslo", "Rome", "degrees"]) expect(conversation).toContain(word);
  });

  it("generates an object that obeys a schema, whole and streamed", async () => {
    // What a provider without a schema of its own is asked for, and what all others answer.
    world.say(vendor, { ...plainWords, text: '{"answer": 4, "unit": "C"}' });
    const { object } = await generateObject({ ...once, model: model(), schema });
    expect(object).toEqual({ answer: 4, unit: "C" });
    expect(JSON.stringify(world.asked())).toContain("answer");
    const { output } = await generateText({ ...once, model: model(), output: Output.object({ schema }) });
    expect(output).toEqual({ answer: 4, unit: "C" });
    const streamed = streamObject({ ...once, model: model(), schema });
    for await (const partial of streamed.partialObjectStream) expect(partial).toBeTypeOf("object");
    expect(await streamed.object).toEqual({ answer: 4, unit: "C" });
  });

  it("raises an error with the status and the words of the provider", async () => {
    for (const [status, words] of [
      [400, "no such thing"],
      [429, "slow down"],
    ] as const) {
      world.behave(answerJson(vendor.refusal(status), status, { "retry-after": "7" }));
      const error = (await thrownBy(() => generateText({ ...once, model: model() }))) as APICallError;
      expect(APICallError.isInstance(error)).toBe(true);
      expect(error.statusCode).toBe(status);
      expect(error.message).toContain(words);
      expect(error.isRetryable).toBe(status === 429);
      if (status === 429) expect(error.responseHeaders?.["retry-after"]).toBe("7");
    }
  });

  it("tells an error that comes after the commit", async () => {
    world.behave(answerSse(until(vendor.stream(plainWords), "two") + vendor.failure));
    const errors: unknown[] = [];
    const result = streamText({ ...once, model: model(), onError: ({ error }) => void errors.push(error) });
    const texts: string[] = [];
    for await (const part of result.fullStream) if (part.type === "text-delta") texts.push(part.text);
    expect(texts.join("").trim()).toBe("one");
    expect(errors).toHaveLength(1);
    expect(errors[0] instanceof Error ? errors[0].message : JSON.stringify(errors[0])).toContain("boom");
  });

  it("hangs up on the provider when it is aborted, whole and streamed", async () => {
    let closed = world.hang(until(vendor.stream(plainWords), "two"));
    const stream = new AbortController();
    const kinds: string[] = [];
    const result = streamText({ ...once, model: model(), abortSignal: stream.signal, onError: () => {} });
    for await (const { type } of result.fullStream) {
      kinds.push(type);
      if (type === "text-delta") stream.abort();
    }
    expect(kinds.at(-1)).toBe("abort");
    await closed;
    closed = world.hang();
    const whole = new AbortController();
    const before = world.upstream.seen.length;
    const error = thrownBy(() => generateText({ ...once, model: model(), abortSignal: whole.signal }));
    await expect.poll(() => world.upstream.seen.length).toBe(before + 1);
    whole.abort();
    expect(await error).toMatchObject({ name: "AbortError" });
    await closed;
  });
});
