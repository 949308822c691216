import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const HEAD = { id: "cmpl-kit", object: "text_completion", created: 1_700_000_000, model: "base" };
const USAGE = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 };
const choice = (text: string, index = 0, finish: string | null = "stop") => ({
  text,
  index,
  logprobs: null,
  finish_reason: finish,
});
const LEGACY_STREAM = [
  { ...HEAD, choices: [choice(" upon", 0, null)] },
  { ...HEAD, choices: [choice(" a time", 0, "length")] },
  { ...HEAD, choices: [], usage: USAGE },
]
  .map((event) => `data: ${JSON.stringify(event)}\n\n`)
  .join("")
  .concat("data: [DONE]\n\n");
const SCRIPT = { text: "upon a time", finish: "stop", inputTokens: 2, outputTokens: 3 } as const;

/** A server that has both wires. */
const both: Behaviour = (request, response) => {
  const { stream, prompt } = request.json();
  const prompts = Array.isArray(prompt) ? prompt : [prompt];
  const legacy = request.path.endsWith("/v1/completions");
  const behaviour = legacy
    ? stream === true
      ? answerSse(LEGACY_STREAM, [30])
      : answerJson({ ...HEAD, choices: prompts.map((_, index) => choice(` number ${index}`, index)), usage: USAGE })
    : stream === true
      ? answerSse(openAiStream(SCRIPT))
      : answerJson(openAiAnswer(SCRIPT));
  return behaviour(request, response);
};

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  local: { plugin: openai, base_url: "${upstream.url}/v1" }
  chatty: { plugin: openai, base_url: "${upstream.url}/v1", settings: { legacy_completions: false } }
  simulator: {}
models:
  priced: { targets: [{ provider: local, model: gpt-4o, price: { input: "2.50", output: "10" } }] }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  upstream.seen.length = 0;
  upstream.behave(both);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const caught = (promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
  promise.then(
    () => expect.fail("it did not fail"),
    (thrown: unknown) => thrown as InstanceType<typeof OpenAI.APIError>,
  );

describe("legacy completions through OpenAI's SDK", () => {
  it("go to a server that has them as they came: prompts in an array, token ids, echo, best_of", async () => {
    const body = {
      model: "local/base",
      prompt: [[1, 2], [3]],
      echo: true,
      logprobs: 2,
      best_of: 3,
      suffix: "!",
      x: 1.5,
    };
    const { data, response } = await client.completions.create(body).withResponse();
    expect(data.choices.map(({ text }) => text)).toEqual([" number 0", " number 1"]);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(upstream.seen[0]).toMatchObject({ path: "/v1/completions" });
    expect(upstream.seen[0]?.json()).toEqual({ ...body, model: "base" });
  });

  it("stream verbatim, and usage is withheld from who did not ask for it", async () => {
    const stream = await client.completions.create({ model: "local/base", prompt: "Once", stream: true });
    const events: OpenAI.Completion[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ choices }) => choices[0]?.text)).toEqual([" upon", " a time"]);
    expect(upstream.seen[0]?.json().stream_options).toEqual({ include_usage: true });
  });

  it.each(["local/gpt-4o", "chatty/base"])("are chats for a model or a server that only chats: %s", async (model) => {
    const { data, response } = await client.completions
      .create({ model, prompt: "Once ", echo: true, n: 1, stop: ["."] })
      .withResponse();
    expect(data).toMatchObject({
      object: "text_completion",
      choices: [{ text: "Once upon a time", index: 0, finish_reason: "stop", logprobs: null }],
      usage: USAGE,
    });
    expect(response.headers.get("x-parlance-lane")).toBe("translated");
    expect(upstream.seen[0]?.path).toBe("/v1/chat/completions");
    expect(upstream.seen[0]?.json()).toMatchObject({
      messages: [{ role: "user", content: "Once " }],
      max_tokens: 16,
      stop: ["."],
    });
    expect(upstream.seen[0]?.json()).not.toHaveProperty("echo");
  });

  it("stream from a chat model, with the echo first and usage last", async () => {
    const stream = await client.completions.create({
      model: "chatty/base",
      prompt: "Once ",
      echo: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    const events: OpenAI.Completion[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ choices }) => choices[0]?.text ?? "").join("")).toBe("Once upon a time");
    expect(events.every(({ object, id }) => object === "text_completion" && id !== "")).toBe(true);
    expect(events.at(-1)).toMatchObject({ choices: [], usage: USAGE });
  });

  it("tell losses, and strict makes them errors", async () => {
    const body = { model: "chatty/base", prompt: "Once", best_of: 2 };
    const told = (await client.completions.create(body)) as unknown as { parlance: { losses: { path: string }[] } };
    expect(told.parlance.losses.map(({ path }) => path)).toEqual(["extensions.openai-completions.best_of"]);
    const strict = { ...body, parlance: { strict: true } } as OpenAI.CompletionCreateParamsNonStreaming;
    const error = await caught(client.completions.create(strict));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.code).toBe("unsupported_parameter");
  });

  it.each([
    ["prompt", { prompt: ["a", "b"] }, "one request for each"],
    ["prompt", { prompt: [1, 2] }, "Send text"],
    ["suffix", { prompt: "a", suffix: "z" }, "suffix"],
    ["prompt", {}, "messages"],
    ["messages", { prompt: "a", messages: [] }, "exclude each other"],
  ])("that no chat can be raise the SDK's BadRequestError with the field: %s of %j", async (param, members, words) => {
    const body = { model: "chatty/base", ...members } as OpenAI.CompletionCreateParamsNonStreaming;
    const error = await caught(client.completions.create(body));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.param).toBe(param);
    expect(error.message).toContain(words);
    expect(upstream.seen).toEqual([]);
  });

  it("are refused as no JSON where a member that the door reads is none", async () => {
    const response = await fetch(`${gateway.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"model":"local/base","prompt":"a","echo":"\u0001"}',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("pass a refusal on as the SDK's own class, and, trap 149, an abort to the provider", async () => {
    upstream.behave(answerJson({ error: { message: "slow", type: "requests", param: null, code: "x" } }, 429));
    expect(await caught(client.completions.create({ model: "local/base", prompt: "a" }))).toBeInstanceOf(
      OpenAI.RateLimitError,
    );
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    upstream.behave((_request, response) => {
      response.on("close", () => closed?.());
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(LEGACY_STREAM.slice(0, LEGACY_STREAM.indexOf("\n\n") + 2));
    });
    const stream = await client.completions.create({ model: "local/base", prompt: "a", stream: true });
    for await (const _event of stream) break;
    await gone;
  });

  it("are answered by the simulator", async () => {
    const { choices } = await client.completions.create({ model: "simulator/echo", prompt: "Hello", max_tokens: 50 });
    expect(choices[0]).toMatchObject({ text: "Hello", finish_reason: "stop" });
  });
});

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const plain = { model: "priced", messages: [{ role: "user", content: "Hi" }] };

/** The data of a stream's events. */
const dataOf = async (response: Response): Promise<string[]> =>
  (await response.text())
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));

describe("the plain shape", () => {
  it("is what messages get at /v1/completions", async () => {
    const response = await post("/v1/completions", { ...plain, temperature: 0.2, max_tokens: 9, stop: ["."] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: "chatcmpl-kit",
      model: "upstream-model-2025",
      content: "upon a time",
      finish_reason: "stop",
      usage: USAGE,
      provider: "local",
      cost: 0.000035,
      latency_ms: expect.any(Number),
    });
    expect(upstream.seen[0]?.json()).toMatchObject({ temperature: 0.2, max_tokens: 9, stop: ["."] });
  });

  it("has no cost where no price is known, and no usage where none was told", async () => {
    const { usage: _, ...answer } = openAiAnswer(SCRIPT) as { usage: unknown };
    upstream.behave(answerJson(answer));
    const body = (await (await post("/v1/completions", { ...plain, model: "local/base" })).json()) as object;
    expect(body).not.toHaveProperty("cost");
    expect(body).toMatchObject({ usage: null, provider: "local" });
  });

  it.each([
    ["/v1/completions", { ...plain, stream: true }],
    ["/v1/completions/stream", plain],
  ])("streams at %s", async (path, body) => {
    const response = await post(path, body);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const data = await dataOf(response);
    expect(data.pop()).toBe("[DONE]");
    const events = data.map((text) => JSON.parse(text) as { id: string; delta: string });
    expect(events.every(({ id }) => id === "chatcmpl-kit")).toBe(true);
    expect(events.map(({ delta }) => delta).join("")).toBe("upon a time");
    expect(events.at(-1)).toEqual({
      id: "chatcmpl-kit",
      delta: "",
      model: "upstream-model-2025",
      finish_reason: "stop",
      usage: USAGE,
      provider: "local",
      cost: 0.000035,
      latency_ms: expect.any(Number),
    });
  });

  it("tells reasoning and tool calls, whole and streamed", async () => {
    const script = {
      reasoning: "let me see",
      toolCalls: [{ id: "call_1", name: "look", arguments: '{"at":1}' }],
      finish: "tool_calls",
      inputTokens: 2,
      outputTokens: 3,
    } as const;
    const told = {
      finish_reason: "tool_calls",
      tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: '{"at":1}' } }],
    };
    upstream.behave(answerJson(openAiAnswer(script)));
    expect(await (await post("/v1/completions", plain)).json()).toMatchObject({
      content: "",
      reasoning: "let me see",
      ...told,
    });
    upstream.behave(answerSse(openAiStream(script)));
    const data = await dataOf(await post("/v1/completions/stream", plain));
    const events = data.slice(0, -1).map((text) => JSON.parse(text) as { reasoning?: string });
    expect(events.map(({ reasoning }) => reasoning ?? "").join("")).toBe("let me see");
    expect(events.at(-1)).toMatchObject(told);
  });

  it("honours routing, and answers errors in OpenAI's shape", async () => {
    const refused = await post("/v1/completions", { ...plain, routing: { exclude_providers: ["local"] } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param: "routing.exclude_providers" } });
    const n = await post("/v1/completions", { ...plain, n: 2 });
    expect(await n.json()).toMatchObject({ error: { param: "n" } });
    const prompt = await post("/v1/completions/stream", { model: "priced", prompt: "a" });
    expect(await prompt.json()).toMatchObject({ error: { param: "prompt" } });
  });

  it("tells in the stream that it broke off", async () => {
    const stream = openAiStream(SCRIPT);
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(stream.slice(0, stream.indexOf(" time") - 150), () => response.destroy());
    });
    const data = await dataOf(await post("/v1/completions/stream", plain));
    expect(JSON.parse(data.at(-1) ?? "")).toMatchObject({ error: { code: "stream_truncated" } });
  });
});
