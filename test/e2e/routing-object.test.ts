import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

const good =
  (text: string): Behaviour =>
  (request, response) => {
    const script = { text, finish: "stop", inputTokens: 1, outputTokens: 1 } as const;
    const behaviour = request.path.endsWith("/embeddings")
      ? answerJson({
          object: "list",
          data: [{ object: "embedding", index: 0, embedding: [1] }],
          model: text,
          usage: { prompt_tokens: 1, total_tokens: 1 },
        })
      : request.json().stream === true
        ? answerSse(openAiStream(script))
        : answerJson(openAiAnswer(script));
    return behaviour(request, response);
  };

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1" }
  b: { plugin: openai, base_url: "${second.url}/v1" }
models:
  smart: { targets: [{ provider: a, model: one }, { provider: b, model: two }] }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  for (const [upstream, text] of [
    [first, "first"],
    [second, "second"],
  ] as const) {
    upstream.seen.length = 0;
    upstream.behave(good(text));
  }
});

afterAll(async () => {
  await gateway.stop();
  await first.close();
  await second.close();
});

const ask = { model: "smart", messages: [{ role: "user" as const, content: "Hi" }] };
const routed = (routing: unknown) => ({ ...ask, routing }) as unknown as typeof ask;

describe("the object routing in a body of", () => {
  it("OpenAI's chat is honoured, and in the verbatim lane no byte of it goes on", async () => {
    const { data, response } = await client.chat.completions
      .create(routed({ preferred_providers: ["b"] }))
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("second");
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(second.seen.map((request) => request.json())).toEqual([{ ...ask, model: "two" }]);
    expect(first.seen).toEqual([]);
  });

  it("OpenAI's chat as a stream is honoured", async () => {
    const stream = await client.chat.completions.create({ ...routed({ exclude_providers: ["a"] }), stream: true });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("second");
    expect(second.seen[0]?.json().routing).toBeUndefined();
  });

  it("Anthropic's messages is honoured in the translated lane", async () => {
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
    const body = { model: "smart", max_tokens: 9, messages: ask.messages, routing: { exclude_providers: ["a"] } };
    const message = await anthropic.messages.create(body as Anthropic.MessageCreateParamsNonStreaming);
    expect(message.content).toMatchObject([{ type: "text", text: "second" }]);
    expect(second.seen[0]?.body.toString()).not.toContain("routing");
  });

  it("Gemini's generateContent is honoured, where the path tells the model", async () => {
    const response = await fetch(`${gateway.url}/v1beta/models/smart:generateContent`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        contents: [{ role: "user", parts: [{ text: "Hi" }] }],
        routing: { exclude_providers: ["a"] },
      }),
    });
    expect(await response.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: "second" }] } }] });
    expect(second.seen[0]?.body.toString()).not.toContain("routing");
  });

  it("an embedding is honoured", async () => {
    const body = { model: "smart", input: "a", routing: { preferred_providers: ["b"] } };
    const { model } = await client.embeddings.create(body);
    expect(model).toBe("second");
    expect(second.seen[0]?.body.toString()).not.toContain("routing");
  });

  it("the member parlance is honoured too", async () => {
    const body = { ...ask, parlance: { routing: { exclude_providers: ["a"] } } } as unknown as typeof ask;
    expect((await client.chat.completions.create(body)).choices[0]?.message.content).toBe("second");
  });
});

describe("the wishes of routing", () => {
  it("fall back to other models after the route's own targets", async () => {
    first.behave(answerJson({ error: { message: "no" } }, 500));
    second.behave((request, response) =>
      request.json().model === "two"
        ? answerJson({ error: { message: "no" } }, 500)(request, response)
        : good("rescue")(request, response),
    );
    const { data, response } = await client.chat.completions
      .create(routed({ fallbacks: ["b/spare"], timeout: "30s" }))
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("rescue");
    expect(response.headers.get("x-parlance-attempts")).toBe("3");
    expect(response.headers.get("x-parlance-target")).toBe("b/spare");
  });

  it.each([["200ms"], [200]])("bound the exchange by a timeout of %j", async (timeout) => {
    first.behave(() => {});
    const error = await client.chat.completions.create(routed({ timeout })).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: 504, code: "deadline_exceeded" });
    expect((error as Error).message).toContain("within 200 ms");
    expect(second.seen).toEqual([]);
  });

  it.each([
    [{ strategy: "cheepest" }, "routing.strategy", "cheapest"],
    [{ preferred_providers: ["c"] }, "routing.preferred_providers[0]", "There is no provider"],
    [{ exclude_providers: ["a", "b"] }, "routing.exclude_providers", "leaves no target"],
    [{ timeout: "soon" }, "routing.timeout", "30s"],
    [{ prefered_providers: ["a"] }, "routing.prefered_providers", "preferred_providers"],
  ])("are refused with the field's name and the remedy: %j", async (routing, param, words) => {
    const error = await client.chat.completions.create(routed(routing)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param });
    expect((error as Error).message).toContain(words);
    expect([...first.seen, ...second.seen]).toEqual([]);
  });
});

describe("wishes in headers", () => {
  const headers = { "x-parlance-providers": "b", "x-parlance-timeout": "30s" };

  it.each([
    ["/v1/chat/completions", ask],
    ["/v1/messages", { ...ask, max_tokens: 9 }],
    ["/v1/responses", { model: "smart", input: "Hi" }],
    ["/v1/embeddings", { model: "smart", input: "Hi" }],
    ["/v1/completions", ask],
    ["/v1beta/models/smart:generateContent", { contents: [{ role: "user", parts: [{ text: "Hi" }] }] }],
    [
      "/parlance.v1.CompletionService/Complete",
      { chat: { model: "smart", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] } },
    ],
    ["/parlance.v1.CompletionService/Embed", { embedding: { model: "smart", inputs: [{ text: "Hi" }] } }],
  ])("are honoured at %s, and no provider sees them", async (path, body) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-parlance-target")).toBe("b/two");
    expect(first.seen).toEqual([]);
    expect(JSON.stringify(second.seen[0]?.headers)).not.toContain("x-parlance");
  });

  it.each([
    [{ "x-parlance-strategy": "fastest" }, "x-parlance-strategy"],
    [{ "x-parlance-providers": "c" }, "x-parlance-providers[0]"],
    [{ "x-parlance-exclude-providers": "a,b" }, "x-parlance-exclude-providers"],
    [{ "x-parlance-timeout": "soon" }, "x-parlance-timeout"],
  ])("are refused by the header's name, in each caller's own words: %j", async (wish, field) => {
    const error = await client.chat.completions.create(ask, { headers: wish }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param: field });
    expect((error as Error).message).not.toContain("routing.");
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
    await expect(anthropic.messages.create({ ...ask, max_tokens: 9 }, { headers: wish })).rejects.toMatchObject({
      status: 400,
      error: { error: { details: { field } } },
    });
    const rpc = await fetch(`${gateway.url}/parlance.v1.CompletionService/Complete`, {
      method: "POST",
      headers: { "content-type": "application/json", ...wish },
      body: JSON.stringify({
        chat: { model: "smart", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
      }),
    });
    expect(await rpc.json()).toMatchObject({ code: "invalid_argument", details: [{ debug: { field } }, {}] });
    expect([...first.seen, ...second.seen]).toEqual([]);
  });

  it("and other ones in the body are refused", async () => {
    const error = await client.chat.completions
      .create(routed({ preferred_providers: ["a"] }), { headers })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 400, param: "x-parlance-providers" });
    expect((error as Error).message).toContain("routing.preferred_providers");
  });
});

describe("what passes to a vendor's own API", () => {
  const pass = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}/openai/v1/audio/speech`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "smart", input: "Hi" }),
    });

  it("is bound by the caller's time, and takes no other wish", async () => {
    first.behave(() => {});
    const late = await pass({ "x-parlance-timeout": "200ms" });
    expect([late.status, await late.json()]).toMatchObject([504, { error: { code: "deadline_exceeded" } }]);
    const refused = await pass({ "x-parlance-strategy": "priority" });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: "routing" } }]);
  });
});
