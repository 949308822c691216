import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { geminiAnswer, geminiStream } from "../kits/gemini-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { until, vendors } from "../kits/vendors.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: k }
`);
  client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

type Params = Anthropic.MessageCreateParamsNonStreaming;
type Wire = Record<string, unknown>;

const hello: Pick<Params, "max_tokens" | "messages"> = {
  max_tokens: 1000,
  messages: [{ role: "user", content: "Hi" }],
};
const weather: Anthropic.Tool = {
  name: "get_weather",
  description: "Weather now.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const both: Script = {
  text: "Looking it up.",
  toolCalls: [
    { id: "call_a", name: "get_weather", arguments: '{"city":"Oslo"}' },
    { id: "call_b", name: "get_weather", arguments: '{"city":"Rome"}' },
  ],
  finish: "tool_calls",
  inputTokens: 64,
  outputTokens: 40,
};
const plain: Script = { text: "Fine.", finish: "stop", inputTokens: 5, outputTokens: 2 };

/** What the upstream was asked last. */
const asked = (): Wire => upstream.seen[upstream.seen.length - 1]?.json() as Wire;

/** Each dialect of an upstream, as the model's name and as the way in which it says a script. */
const upstreams = [
  { name: "of OpenAI's dialect", model: "up/any", whole: openAiAnswer, stream: openAiStream },
  { name: "of Google's dialect", model: "google/gemini-3-flash-preview", whole: geminiAnswer, stream: geminiStream },
  { name: "of its own", model: "claude/claude-sonnet-4-5", whole: anthropicAnswer, stream: anthropicStream },
] as const;

describe.each(upstreams)("messages.stream over a provider $name", ({ model, stream: said }) => {
  it("tells texts and arguments as they grow, and adds them up", async () => {
    upstream.behave(answerSse(said(both), [9, 1, 150]));
    const texts: string[] = [];
    const inputs: unknown[] = [];
    const blocks: string[] = [];
    const stream = client.messages
      .stream({ ...hello, model, tools: [weather] })
      .on("text", (delta) => texts.push(delta))
      .on("inputJson", (_partial, snapshot) => inputs.push(structuredClone(snapshot)))
      .on("contentBlock", (block) => blocks.push(block.type));
    const message = await stream.finalMessage();
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join("")).toBe("Looking it up.");
    expect(await stream.finalText()).toBe("Looking it up.");
    expect(blocks).toEqual(["text", "tool_use", "tool_use"]);
    expect(inputs).toContainEqual({ city: "Oslo" });
    expect(inputs.at(-1)).toEqual({ city: "Rome" });
    expect(message).toMatchObject({
      stop_reason: "tool_use",
      content: [
        { type: "text", text: "Looking it up." },
        { type: "tool_use", id: "call_a", name: "get_weather", input: { city: "Oslo" } },
        { type: "tool_use", id: "call_b", name: "get_weather", input: { city: "Rome" } },
      ],
      usage: { input_tokens: 64, output_tokens: 40 },
    });
  });

  it("raises an error that comes after the commit, and ends there", async () => {
    const text = said({ ...plain, text: "one two three" });
    const whole = until(text, "two");
    const { failure = "" } = vendors.find((vendor) => vendor.model === model) ?? {};
    for (const [ending, type] of [
      [failure, model.startsWith("up/") ? "api_error" : "overloaded_error"],
      ["", "api_error"],
    ] as const) {
      upstream.behave(answerSse(whole + ending));
      const texts: string[] = [];
      const stream = client.messages.stream({ ...hello, model }).on("text", (delta) => texts.push(delta));
      const error = await stream.finalMessage().then(
        () => expect.fail("it ended well"),
        (thrown: InstanceType<typeof Anthropic.APIError>) => thrown,
      );
      expect(error).toBeInstanceOf(Anthropic.APIError);
      // Trap 65: an event, neither a status nor an end.
      expect(error.status).toBeUndefined();
      expect(error.type).toBe(type);
      expect(texts.join("").trim()).toBe("one");
    }
  });

  it("closes the provider's connection when it is aborted", async () => {
    const text = said({ ...plain, text: "one two three" });
    const closed = new Promise<void>((resolve) => {
      upstream.behave((_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(until(text, "two"));
        response.once("close", resolve);
      });
    });
    const stream = client.messages.stream({ ...hello, model });
    stream.once("text", () => stream.abort());
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    await closed;
  });
});

describe("a conversation with a provider of another dialect", () => {
  const send = async (params: Omit<Params, "model">): Promise<Wire & { messages: Wire[] }> => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    await client.messages.create({ ...params, model: "up/any" });
    return asked() as Wire & { messages: Wire[] };
  };

  it("gives back the results of tools, each to its call and before the words after them", async () => {
    const body = await send({
      ...hello,
      tools: [weather],
      messages: [
        { role: "user", content: "Weather in Oslo and Rome?" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Looking it up." },
            { type: "tool_use", id: "call_a", name: "get_weather", input: { city: "Oslo" } },
            { type: "tool_use", id: "call_b", name: "get_weather", input: { city: "Rome" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_a", content: "4 degrees" },
            { type: "tool_result", tool_use_id: "call_b", content: [{ type: "text", text: "no" }], is_error: true },
            { type: "text", text: "Well?" },
          ],
        },
      ],
    });
    expect(body.messages).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: "Looking it up.",
        tool_calls: [
          { id: "call_a", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
          { id: "call_b", function: { name: "get_weather", arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_a", content: "4 degrees" },
      // Trap 70: there is no flag for an error, so that the words must tell it.
      { role: "tool", tool_call_id: "call_b", content: expect.stringContaining("no") as string },
      { role: "user" },
    ]);
    expect(body.tools).toMatchObject([{ type: "function", function: { name: "get_weather" } }]);
  });

  it("sends system blocks, pictures, limits and stop sequences", async () => {
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
    const body = await send({
      ...hello,
      system: [
        { type: "text", text: "Be brief." },
        { type: "text", text: "Be kind.", cache_control: { type: "ephemeral" } },
      ],
      stop_sequences: ["END"],
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
            { type: "image", source: { type: "url", url: "https://example.com/cat.jpg" } },
            { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } },
            { type: "text", text: "What is it?" },
          ],
        },
      ],
    });
    // Trap 72: in their order, with nothing in front.
    expect(JSON.stringify(body.messages[0])).toMatch(/system.*Be brief\..*Be kind\./);
    expect(body.messages[1]).toMatchObject({
      role: "user",
      content: [
        { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } },
        { type: "image_url", image_url: { url: "https://example.com/cat.jpg" } },
        { type: "file", file: { file_data: "data:application/pdf;base64,JVBERi0=" } },
        { type: "text", text: "What is it?" },
      ],
    });
    expect(body).toMatchObject({ stop: ["END"], max_tokens: 1000 });
  });

  it("tells what the provider could not be told, and refuses it when nothing may be lost", async () => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    const params = { ...hello, model: "up/any", top_k: 3 };
    const answer = (await client.messages.create(params as Params)) as Anthropic.Message & { parlance?: unknown };
    expect(answer.parlance).toMatchObject({ losses: [{ path: "top_k", kind: "dropped" }] });
    const strict = client.messages.create({ ...params, parlance: { strict: true } } as Params);
    await expect(strict).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("top_k") as string,
    });
  });

  it("reads its plain reasoning as a thinking block", async () => {
    upstream.behave(answerSse(openAiStream({ ...plain, reasoning: "Let me think." })));
    const thoughts: string[] = [];
    const stream = client.messages
      .stream({ ...hello, model: "up/any" })
      .on("thinking", (delta) => thoughts.push(delta));
    const { content } = await stream.finalMessage();
    expect(thoughts.join("")).toBe("Let me think.");
    expect(content.map((block) => block.type)).toEqual(["thinking", "text"]);
  });
});

describe("a conversation with a provider of its own dialect", () => {
  it("brings signed thinking back unchanged, before the call that it led to", async () => {
    upstream.behave(
      answerSse(anthropicStream({ ...both, reasoning: "Two cities. ", signature: "c2lnbmVkIQ==", text: "Right." })),
    );
    const model = "claude/claude-sonnet-4-5";
    const first = await client.messages.stream({ ...hello, model, tools: [weather] }).finalMessage();
    expect(first.content[0]).toEqual({ type: "thinking", thinking: "Two cities. ", signature: "c2lnbmVkIQ==" });
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const results = first.content.flatMap((block) =>
      block.type === "tool_use" ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "4 degrees" }] : [],
    );
    await client.messages.create({
      ...hello,
      model,
      thinking: { type: "enabled", budget_tokens: 1024 },
      messages: [...hello.messages, { role: "assistant", content: first.content }, { role: "user", content: results }],
    } as Params);
    expect((asked().messages as { content: unknown[] }[])[1]?.content).toEqual(
      JSON.parse(JSON.stringify(first.content)),
    );
  });

  it("sends cache hints, and fields that the gateway has never heard of", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const params = {
      ...hello,
      system: [{ type: "text", text: "Long.", cache_control: { type: "ephemeral", ttl: "1h" } }],
      tools: [
        { ...weather, cache_control: { type: "ephemeral" } },
        { type: "web_search_20250305", name: "web_search" },
      ],
      a_field_of_next_year: { deep: [1, 2.5e3] },
    };
    await client.messages.create({ ...params, model: "claude/claude-opus-4-1" } as unknown as Params);
    expect(asked()).toEqual({ ...params, model: "claude-opus-4-1" });
  });
});
