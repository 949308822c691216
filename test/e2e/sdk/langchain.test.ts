import { ChatAnthropic } from "@langchain/anthropic";
import { type AIMessageChunk, type BaseMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Script } from "../../kits/script.js";
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
  world = await startVendors();
});
afterAll(() => world.close());

/** LangChain's chat models, by the door that each speaks to. */
const clients: Record<string, (model: string) => ChatOpenAI | ChatAnthropic> = {
  "@langchain/openai": (model) =>
    new ChatOpenAI({ model, apiKey: "any", maxRetries: 0, configuration: { baseURL: `${world.url}/v1` } }),
  "@langchain/openai (responses)": (model) =>
    new ChatOpenAI({
      model,
      apiKey: "any",
      maxRetries: 0,
      useResponsesApi: true,
      configuration: { baseURL: `${world.url}/v1` },
    }),
  "@langchain/anthropic": (model) =>
    new ChatAnthropic({ model, apiKey: "any", maxRetries: 0, maxTokens: 1000, anthropicApiUrl: world.url }),
};
const pairs = Object.entries(clients).flatMap(([client, open]) =>
  vendors.map((vendor) => ({ client, open, vendor, speaks: vendor.name })),
);

const question = "Which is colder, Oslo or Rome?";
const getWeather = tool(({ city }: { city: string }) => `${city}: 4 degrees`, {
  name: "get_weather",
  description: "Weather now.",
  schema: z.object({ city: z.string() }),
});
const Reading = z.object({ answer: z.number(), unit: z.enum(["C", "F"]) });
const reading = { answer: 4, unit: "C" };

async function gather(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk[]> {
  const all: AIMessageChunk[] = [];
  for await (const chunk of stream) all.push(chunk);
  return all;
}

/** Chunks as LangChain itself adds them up. */
const sum = (all: readonly AIMessageChunk[]): AIMessageChunk => all.reduce((before, chunk) => before.concat(chunk));

describe.each(pairs)("LangChain's $client over a provider that speaks as $speaks", ({ client, open, vendor }) => {
  it("invokes", async () => {
    world.say(vendor, plainWords);
    const answer = await open(vendor.model).invoke([new SystemMessage("Be brief."), new HumanMessage(question)]);
    expect(answer.text).toBe("one two three");
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 5, output_tokens: 3, total_tokens: 8 });
    expect(JSON.stringify(world.asked())).toMatch(/Be brief\./);
  });

  it("streams, and adds its chunks up", async () => {
    world.say(vendor, callsThenWords[0]);
    const all = await gather(await open(vendor.model).bindTools([getWeather]).stream(question));
    expect(all.filter(({ text }) => text !== "").length).toBeGreaterThan(1);
    const answer = sum(all);
    expect(answer.text).toBe("Looking it up.");
    expect(answer.tool_calls).toMatchObject([
      { id: "call_a", name: "get_weather", args: { city: "Oslo" } },
      { id: "call_b", name: "get_weather", args: { city: "Rome" } },
    ]);
    expect(answer.invalid_tool_calls ?? []).toEqual([]);
    // Before Anthropic's wire, LangChain takes the prompt's tokens from the first event alone, where no other provider
    // knows them, and adds both counts of the answer's: the same as it would at the vendor.
    const early = client === "@langchain/anthropic";
    const own = vendor.name === "anthropic";
    expect(answer.usage_metadata).toMatchObject({
      input_tokens: early && !own ? 0 : 64,
      output_tokens: early && own ? 41 : 40,
    });
  });

  it.each([false, true])("calls its tools until the answer is there (streamed: %s)", async (streamed) => {
    world.say(vendor, ...callsThenWords);
    const model = open(vendor.model).bindTools([getWeather]);
    const conversation: BaseMessage[] = [new HumanMessage(question)];
    for (let step = 0; step < 4; step += 1) {
      const answer = streamed ? sum(await gather(await model.stream(conversation))) : await model.invoke(conversation);
      conversation.push(answer);
      if (!answer.tool_calls?.length) break;
      for (const call of answer.tool_calls) conversation.push(await getWeather.invoke({ ...call, type: "tool_call" }));
    }
    expect(conversation.map((message) => message.type)).toEqual(["human", "ai", "tool", "tool", "ai"]);
    expect(conversation.at(-1)?.text).toBe("Oslo is colder.");
    const asked = JSON.stringify(world.asked());
    for (const word of [question, "Looking it up.", "Oslo: 4 degrees", "Rome: 4 degrees"]) {
      expect(asked).toContain(word);
    }
  });

  it("gives structured output, by a schema and by a call", async () => {
    const asJson: Script = { ...plainWords, text: JSON.stringify(reading) };
    const asCall: Script = {
      toolCalls: [{ id: "call_a", name: "reading", arguments: JSON.stringify(reading) }],
      finish: "tool_calls",
      inputTokens: 9,
      outputTokens: 4,
    };
    for (const [method, script] of [
      ["jsonSchema", asJson],
      ["functionCalling", asCall],
    ] as const) {
      world.say(vendor, script);
      const model = open(vendor.model).withStructuredOutput(Reading, { name: "reading", method });
      expect(await model.invoke(question)).toEqual(reading);
      expect(JSON.stringify(world.asked())).toContain('"answer"');
    }
  });

  it("raises an error with the status and the words of the provider, whole and streamed", async () => {
    for (const [status, words] of [
      [400, "no such thing"],
      [429, "slow down"],
    ] as const) {
      world.behave(answerJson(vendor.refusal(status), status));
      for (const ask of [
        () => open(vendor.model).invoke(question),
        async () => gather(await open(vendor.model).stream(question)),
      ]) {
        const error = await thrownBy(ask);
        expect(error).toMatchObject({ status });
        expect((error as Error).message).toContain(words);
      }
    }
  });

  it("raises an error that comes after the commit", async () => {
    world.behave(answerSse(until(vendor.stream(plainWords), "two") + vendor.failure));
    const words: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { text } of await open(vendor.model).stream(question)) words.push(text);
    };
    // It does not read `response.failed`, the one event in which the Responses wire tells a failure.
    const error = client.endsWith("(responses)") ? await read() : await thrownBy(read);
    expect(words.join("").trim()).toBe("one");
    if (error === undefined) return;
    expect((error as Error).message).toContain("boom");
  });

  it("hangs up on the provider when it is aborted, whole and streamed", async () => {
    let closed = world.hang(until(vendor.stream(plainWords), "two"));
    const stream = new AbortController();
    await thrownBy(async () => {
      for await (const { text } of await open(vendor.model).stream(question, { signal: stream.signal })) {
        if (text !== "") stream.abort();
      }
    });
    expect(stream.signal.aborted).toBe(true);
    await closed;
    closed = world.hang();
    const whole = new AbortController();
    const before = world.upstream.seen.length;
    const error = thrownBy(() => open(vendor.model).invoke(question, { signal: whole.signal }));
    await expect.poll(() => world.upstream.seen.length).toBe(before + 1);
    whole.abort();
    expect(((await error) as Error).message).toMatch(/abort/i);
    await closed;
  });
});
