import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
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
let client: OpenAI;

beforeAll(async () => {
  world = await startVendors();
  client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: "any", maxRetries: 0 });
});
afterAll(() => world.close());

const messages = [{ role: "user" as const, content: "Which is colder, Oslo or Rome?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const getWeather = { type: "function" as const, function: { name: "get_weather", parameters } };
const Answer = z.object({ answer: z.number(), unit: z.enum(["C", "F"]) });

describe.each(vendors)("OpenAI's client over a provider that speaks as $name", (vendor) => {
  const { model } = vendor;
  const [calls] = callsThenWords;

  it("gets an answer", async () => {
    world.say(vendor, plainWords);
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices).toMatchObject([
      { index: 0, message: { role: "assistant", content: "one two three" }, finish_reason: "stop" },
    ]);
    expect(answer.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 });
    expect(answer.model).toBe("upstream-model-2025");
  });

  it("adds a stream up, and tells words and calls as they grow", async () => {
    world.say(vendor, calls);
    const words: string[] = [];
    const args: Record<number, string> = {};
    const done: unknown[] = [];
    const stream = client.chat.completions
      .stream({ model, messages, tools: [getWeather], stream_options: { include_usage: true } })
      .on("content.delta", ({ delta }) => words.push(delta))
      .on("tool_calls.function.arguments.delta", ({ index, arguments_delta: delta }) => {
        args[index] = (args[index] ?? "") + delta;
      })
      .on("tool_calls.function.arguments.done", (event) => done.push(event));
    const answer = await stream.finalChatCompletion();
    expect(words.filter(Boolean).length).toBeGreaterThan(1);
    expect(words.join("")).toBe("Looking it up.");
    expect(Object.values(args).map((text) => JSON.parse(text) as unknown)).toEqual([
      { city: "Oslo" },
      { city: "Rome" },
    ]);
    expect(done).toMatchObject([
      { index: 0, name: "get_weather" },
      { index: 1, name: "get_weather" },
    ]);
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "Looking it up.",
        tool_calls: [
          { id: "call_a", type: "function", function: { name: "get_weather" } },
          { id: "call_b", type: "function", function: { name: "get_weather" } },
        ],
      },
    });
    expect(await stream.totalUsage()).toMatchObject({ prompt_tokens: 64, completion_tokens: 40 });
  });

  it("parses an answer that obeys a schema, whole and streamed", async () => {
    const asked = { model, messages, response_format: zodResponseFormat(Answer, "reading") };
    world.say(vendor, { ...plainWords, text: '{"answer": 4, "unit": "C"}' });
    const whole = await client.chat.completions.parse(asked);
    expect(whole.choices[0]?.message.parsed).toEqual({ answer: 4, unit: "C" });
    // The provider was told of the schema in its own words.
    expect(JSON.stringify(world.asked())).toContain('"answer"');
    const parsed: unknown[] = [];
    const stream = client.chat.completions.stream(asked).on("content.done", (event) => parsed.push(event.parsed));
    const streamed = await stream.finalChatCompletion();
    expect(parsed).toEqual([{ answer: 4, unit: "C" }]);
    expect(streamed.choices[0]?.message.parsed).toEqual({ answer: 4, unit: "C" });
  });

  it("parses the arguments of a strict tool", async () => {
    world.say(vendor, calls);
    const strict = { ...getWeather, function: { ...getWeather.function, strict: true } };
    strict.function.parameters = { ...parameters, additionalProperties: false } as typeof parameters;
    const answer = await client.chat.completions.parse({ model, messages, tools: [strict] });
    expect(answer.choices[0]?.message.tool_calls?.map((call) => call.function.parsed_arguments)).toEqual([
      { city: "Oslo" },
      { city: "Rome" },
    ]);
  });

  it.each([false, true])("runs tools until the answer is there (streamed: %s)", async (streamed) => {
    world.say(vendor, ...callsThenWords);
    const asked: string[] = [];
    const run = {
      model,
      messages,
      tools: [
        {
          type: "function" as const,
          function: {
            name: "get_weather",
            description: "Weather now.",
            parameters,
            parse: JSON.parse as (text: string) => { city: string },
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return `${city}: 4 degrees`;
            },
          },
        },
      ],
    };
    const before = world.upstream.seen.length;
    const runner = streamed
      ? client.chat.completions.runTools({ ...run, stream: true })
      : client.chat.completions.runTools(run);
    expect(await runner.finalContent()).toBe("Oslo is colder.");
    expect(asked).toEqual(["Oslo", "Rome"]);
    expect(world.upstream.seen.length - before).toBe(2);
    const conversation = JSON.stringify(world.asked());
    for (const word of ["Looking it up.", "Oslo: 4 degrees", "Rome: 4 degrees"]) expect(conversation).toContain(word);
  });

  it("raises the error of its own class, whole and streamed", async () => {
    for (const [status, type, words] of [
      [400, OpenAI.BadRequestError, "no such thing"],
      [429, OpenAI.RateLimitError, "slow down"],
    ] as const) {
      world.behave(answerJson(vendor.refusal(status), status, { "retry-after": "7" }));
      for (const stream of [false, true]) {
        const error = await thrownBy(() => client.chat.completions.create({ model, messages, stream }));
        expect(error).toBeInstanceOf(type);
        expect((error as InstanceType<typeof OpenAI.APIError>).message).toContain(words);
        if (status === 429) {
          expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("7");
        }
      }
    }
  });

  it("raises an error that comes after the commit, and what was cut off", async () => {
    for (const ending of [vendor.failure, ""]) {
      world.behave(answerSse(until(vendor.stream(plainWords), "two") + ending));
      const words: string[] = [];
      const stream = client.chat.completions
        .stream({ model, messages })
        .on("content.delta", ({ delta }) => words.push(delta));
      const error = await thrownBy(() => stream.finalChatCompletion());
      expect(error).toBeInstanceOf(OpenAI.OpenAIError);
      if (ending !== "") expect((error as Error).message).toContain("boom");
      expect(words.join("").trim()).toBe("one");
    }
  });

  it("hangs up on the provider when it is aborted, whole and streamed", async () => {
    let closed = world.hang(until(vendor.stream(plainWords), "two"));
    const stream = client.chat.completions.stream({ model, messages });
    stream.once("content", () => stream.abort());
    expect(await thrownBy(() => stream.finalChatCompletion())).toBeInstanceOf(OpenAI.APIUserAbortError);
    await closed;
    closed = world.hang();
    const controller = new AbortController();
    const before = world.upstream.seen.length;
    const whole = thrownBy(() => client.chat.completions.create({ model, messages }, { signal: controller.signal }));
    await expect.poll(() => world.upstream.seen.length).toBe(before + 1);
    controller.abort();
    expect(await whole).toBeInstanceOf(OpenAI.APIUserAbortError);
    await closed;
  });
});
