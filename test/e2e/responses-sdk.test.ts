import OpenAI from "openai";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { responsesAnswer, responsesStream } from "../kits/responses-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { eventsOf } from "../support/responses-streams.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  own: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k, settings: { responses: true } }
  chat: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

type Wire = Record<string, unknown>;
type Params = ResponseCreateParamsNonStreaming;

const SCHEMA = {
  type: "object",
  properties: { answer: { type: "integer" } },
  required: ["answer"],
  additionalProperties: false,
};
const weather = {
  type: "function" as const,
  name: "get_weather",
  description: "Weather now.",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const plain: Script = { text: "Hello, wörld 👋!", finish: "stop", inputTokens: 9, outputTokens: 7 };
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

/** What the upstream was asked last. */
const asked = (): Wire => upstream.seen[upstream.seen.length - 1]?.json() as Wire;
const path = (): string | undefined => upstream.seen[upstream.seen.length - 1]?.path;

/** Each dialect of an upstream, as the model's name and as the way in which it says a script. */
const upstreams = [
  {
    name: "Responses",
    model: "own/m",
    at: "/v1/responses",
    whole: (script: Script): unknown => responsesAnswer(script),
    stream: (script: Script) => responsesStream(script),
    failure: 'event: error\ndata: {"type":"error","code":"server_error","message":"boom","param":null}\n\n',
  },
  {
    name: "Chat Completions",
    model: "chat/m",
    at: "/v1/chat/completions",
    whole: openAiAnswer,
    stream: openAiStream,
    failure: 'data: {"error":{"message":"boom","type":"server_error"}}\n\n',
  },
  {
    name: "Anthropic's messages",
    model: "claude/claude-sonnet-4-5",
    at: "/v1/messages",
    whole: anthropicAnswer,
    stream: anthropicStream,
    failure: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"boom"}}\n\n',
  },
] as const;

describe.each(upstreams)("the Responses door over $name", ({ model, at, whole, stream, failure }) => {
  it("answers whole", async () => {
    upstream.behave(answerJson(whole(plain)));
    const answer = await client.responses.create({ model, instructions: "Be kind.", input: "Hi" });
    expect(path()).toBe(at);
    expect(answer.output_text).toBe("Hello, wörld 👋!");
    expect(answer).toMatchObject({ object: "response", status: "completed", error: null, incomplete_details: null });
    expect(answer.id).toMatch(/^resp_/);
    expect(answer.usage).toMatchObject({ input_tokens: 9, output_tokens: 7, total_tokens: 16 });
    expect(asked()).not.toHaveProperty("store");
    expect(JSON.stringify(asked())).toContain("Be kind.");
  });

  it("streams every event in its order", async () => {
    upstream.behave(answerSse(stream(both), [9, 1, 150]));
    const response = await fetch(`${gateway.url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, input: "Weather?", tools: [weather], stream: true }),
    });
    const events = eventsOf(await response.text());
    expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { status: "completed" } });
    upstream.behave(answerSse(stream(both), [9, 1, 150]));
    const texts: string[] = [];
    const helper = client.responses
      .stream({ model, input: "Weather?", tools: [weather] })
      .on("response.output_text.delta", ({ delta }) => texts.push(delta));
    const final = await helper.finalResponse();
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join("")).toBe("Looking it up.");
    expect(final.output).toMatchObject([
      { type: "message", content: [{ type: "output_text", text: "Looking it up." }] },
      { type: "function_call", call_id: "call_a", name: "get_weather" },
      { type: "function_call", call_id: "call_b", name: "get_weather" },
    ]);
    const calls = final.output.flatMap((item) => (item.type === "function_call" ? [item.arguments] : []));
    expect(calls.map((text) => JSON.parse(text) as unknown)).toEqual([{ city: "Oslo" }, { city: "Rome" }]);
  });

  it("tells an answer that was cut off", async () => {
    upstream.behave(answerJson(whole({ ...plain, finish: "length" })));
    const answer = await client.responses.create({ model, input: "Hi", max_output_tokens: 16 });
    expect(answer).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  });

  it("parses an answer that obeys a schema", async () => {
    upstream.behave(answerJson(whole({ ...plain, text: '{"answer":42}' })));
    const format = { type: "json_schema" as const, name: "answer", schema: SCHEMA, strict: true };
    const answer = await client.responses.parse({ model, input: "Six times seven.", text: { format } });
    expect(answer.output_parsed).toEqual({ answer: 42 });
    expect(JSON.stringify(asked())).toContain('"additionalProperties":false');
  });

  it("runs a loop of tools, with what the model thought in between", async () => {
    upstream.behave(answerJson(whole({ ...both, reasoning: "Two cities.", signature: "gAAAAc2ln" })));
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: "user", content: "Weather in Oslo and Rome?" }];
    const first = await client.responses.create({
      model,
      input,
      tools: [weather],
      store: false,
      include: ["reasoning.encrypted_content"],
    });
    for (const item of first.output) {
      input.push(item as OpenAI.Responses.ResponseInputItem);
      if (item.type === "function_call") expect(item.arguments).toContain("city");
    }
    for (const item of first.output) {
      if (item.type !== "function_call") continue;
      input.push({ type: "function_call_output", call_id: item.call_id, output: "4 degrees" });
    }
    upstream.behave(answerJson(whole(plain)));
    const second = await client.responses.create({ model, input, tools: [weather], store: false });
    expect(second.output_text).toBe("Hello, wörld 👋!");
    const sent = JSON.stringify(asked());
    expect(sent.match(/4 degrees/g)).toHaveLength(2);
    for (const id of ["call_a", "call_b"]) expect(sent.split(id).length).toBeGreaterThan(2);
    // Reasoning comes back to the model that thought it; plain text of a stranger's thoughts is not said to be the model's.
    if (at === "/v1/responses") expect(sent).toContain('"encrypted_content":"gAAAAc2ln"');
    if (at === "/v1/messages") expect(sent).toContain('"signature":"gAAAAc2ln"');
  });

  it("raises an error that comes after the commit, and ends there", async () => {
    const text = stream({ ...plain, text: "one two three" });
    const half = text.slice(0, text.indexOf(" two"));
    const begun = half.slice(0, half.lastIndexOf("\n\n") + 2);
    for (const ending of [failure, ""]) {
      upstream.behave(answerSse(begun + ending));
      const texts: string[] = [];
      const last: string[] = [];
      const helper = await client.responses.create({ model, input: "Hi", stream: true });
      await (async () => {
        for await (const event of helper) {
          last.push(event.type);
          if (event.type === "response.output_text.delta") texts.push(event.delta);
        }
      })().catch((thrown: unknown) => {
        expect(thrown).toBeInstanceOf(OpenAI.APIError);
        last.push("error");
      });
      expect(texts.join("").trim()).toBe("one");
      expect(["response.failed", "error"]).toContain(last.at(-1));
    }
  });

  it("closes the provider's connection when it is aborted", async () => {
    const text = stream({ ...plain, text: "one two three" });
    const half = text.slice(0, text.indexOf(" two"));
    const closed = new Promise<void>((resolve) => {
      upstream.behave((_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(half.slice(0, half.lastIndexOf("\n\n") + 2));
        response.once("close", resolve);
      });
    });
    const helper = client.responses.stream({ model, input: "Hi" });
    helper.on("response.output_text.delta", () => helper.abort());
    await expect(helper.finalResponse()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await closed;
  });

  it("counts the tokens of an input", async () => {
    upstream.behave(answerJson({ object: "response.input_tokens", input_tokens: 123 }));
    const count = await client.responses.inputTokens.count({ model, input: "x".repeat(400) });
    expect(count.object).toBe("response.input_tokens");
    if (at === "/v1/chat/completions") expect(count.input_tokens).toBe(104);
    else expect(count.input_tokens).toBe(123);
    if (at === "/v1/responses") expect(path()).toBe("/v1/responses/input_tokens");
  });
});

describe("a target that speaks the dialect", () => {
  it("gets what the gateway has never heard of, and its answer comes back as it was", async () => {
    const body = responsesAnswer(plain, { a_field_of_next_year: { deep: [1, 2.5e3] }, model: "m" });
    upstream.behave(answerJson(body, 200, { "x-request-id": "req_up", "openai-processing-ms": "7" }));
    const params = {
      input: "Hi",
      conversation: "conv_1",
      tools: [{ type: "web_search" }],
      next_year: [1, { a: null }],
    };
    const { data, response } = await client.responses
      .create({ ...params, model: "own/m" } as unknown as Params)
      .withResponse();
    expect(asked()).toEqual({ ...params, model: "m" });
    expect(data).toMatchObject(body);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(response.headers.get("openai-processing-ms")).toBe("7");
    expect(response.headers.get("x-request-id")).toBe("req_up");
  });
});

describe("a target of another dialect", () => {
  it.each([
    ["conversation", { conversation: "conv_1" }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["background", { background: true }],
  ])("is not asked what only a provider can do: %s", async (field, more) => {
    const before = upstream.seen.length;
    const error = await client.responses.create({ model: "chat/m", input: "Hi", ...more } as Params).then(
      () => expect.fail("it was answered"),
      (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
    );
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: "unsupported_parameter", param: field });
    expect(upstream.seen.length).toBe(before);
  });

  it("calls custom tools, and gives back their results", async () => {
    upstream.behave(
      answerJson({
        id: "chatcmpl-1",
        object: "chat.completion",
        created: 1,
        model: "m",
        choices: [
          {
            index: 0,
            finish_reason: "tool_calls",
            message: {
              role: "assistant",
              content: null,
              tool_calls: [{ id: "call_1", type: "custom", custom: { name: "shell", input: "ls -l" } }],
            },
          },
        ],
      }),
    );
    const tools = [{ type: "custom" as const, name: "shell", description: "Runs a line." }];
    const first = await client.responses.create({ model: "chat/m", input: "List.", tools });
    expect(first.output).toMatchObject([
      { type: "custom_tool_call", call_id: "call_1", name: "shell", input: "ls -l" },
    ]);
    expect(asked().tools).toMatchObject([{ type: "custom", custom: { name: "shell" } }]);
    upstream.behave(answerJson(openAiAnswer(plain)));
    await client.responses.create({
      model: "chat/m",
      previous_response_id: first.id,
      input: [{ type: "custom_tool_call_output", call_id: "call_1", output: "a b c" }],
      tools,
    });
    expect(asked().messages).toMatchObject([
      { role: "user", content: "List." },
      { role: "assistant", tool_calls: [{ id: "call_1", type: "custom", custom: { name: "shell", input: "ls -l" } }] },
      { role: "tool", tool_call_id: "call_1", content: "a b c" },
    ]);
  });

  it("tells what it could not be told, and refuses it when nothing may be lost", async () => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    const params: Params = { model: "chat/m", input: "Hi", truncation: "auto" };
    const answer = (await client.responses.create(params)) as { parlance?: unknown };
    expect(JSON.stringify(answer.parlance)).toContain("truncation");
    const strict = client.responses.create({ ...params, parlance: { strict: true } } as Params);
    await expect(strict).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("truncation") as string,
    });
  });

  it("loses nothing that the gateway does itself", async () => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    const first = await client.responses.create({ model: "chat/m", input: "Hi", store: true });
    const answer = await client.responses.create({
      model: "chat/m",
      input: "And?",
      previous_response_id: first.id,
      store: true,
      background: false,
      metadata: {},
      parlance: { strict: true },
    } as Params);
    expect(answer).not.toHaveProperty("parlance.losses");
    expect(answer).toMatchObject({ previous_response_id: first.id, store: true });
  });
});
