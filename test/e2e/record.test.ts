import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SECRET = "sk-a-credential-of-the-gateways-own";
const script = { text: "one two three", finish: "stop", inputTokens: 10, outputTokens: 3 } as const;
const ask = { model: "smart", messages: [{ role: "user" as const, content: "Hi" }] };

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1", api_key: ${SECRET} }
  b: { plugin: openai, base_url: "${second.url}/v1", api_key: ${SECRET} }
models:
  smart:
    targets:
      - { provider: a, model: first, priority: 0 }
      - { provider: b, model: second, priority: 1, price: { input: "2.50", output: "10" } }
  alone: { targets: [{ provider: a, model: first }] }
`);
});

beforeEach(() => {
  first.behave(answerJson({ error: { message: `no, for ${SECRET} — sorry` } }, 500));
  second.behave((request, response) => {
    if (request.path.endsWith("/embeddings")) {
      const body = {
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: [1] }],
        model: "m",
        usage: { prompt_tokens: 1, total_tokens: 1 },
      };
      return answerJson(body)(request, response);
    }
    const streamed = request.json().stream === true;
    return (streamed ? answerSse(openAiStream(script)) : answerJson(`{"unknown": 1.0,${json().slice(1)}`))(
      request,
      response,
    );
  });
});

afterAll(async () => {
  await gateway.stop();
  await first.close();
  await second.close();
});

const json = (): string => JSON.stringify(openAiAnswer(script));

function post(path: string, record: string | undefined, body: object = ask): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(record !== undefined && { "x-parlance-record": record }) },
    body: JSON.stringify(body),
  });
}

/** Both attempts, in the words of `parlance.v1.Attempt`. */
const ATTEMPTS = [
  {
    target: "a/first",
    provider: "a",
    upstream_model: "first",
    status: 500,
    kind: "ATTEMPT_KIND_FIRST",
    error_code: "ERROR_CODE_PROVIDER_ERROR",
    start_time: expect.stringMatching(/Z$/) as string,
  },
  { target: "b/second", provider: "b", upstream_model: "second", status: 200, kind: "ATTEMPT_KIND_FALLBACK" },
];

interface Told {
  readonly parlance: { readonly attempts: unknown; readonly cost?: unknown; readonly losses?: unknown };
}

describe("the record of the attempts", () => {
  it("is in no answer that does not ask for it", async () => {
    const whole = await post("/v1/chat/completions", undefined);
    expect(whole.headers.get("x-parlance-record")).toBeNull();
    expect(await whole.text()).not.toContain("parlance");
    const stream = await post("/v1/chat/completions", undefined, { ...ask, stream: true });
    expect(await stream.text()).not.toContain("parlance");
  });

  it("is in a header, as ASCII, of whole answers, streams, embeddings and errors", async () => {
    for (const [path, body, status, attempts] of [
      ["/v1/chat/completions", ask, 200, ATTEMPTS],
      ["/v1/chat/completions", { ...ask, stream: true }, 200, ATTEMPTS],
      ["/v1/messages", { ...ask, max_tokens: 9 }, 200, ATTEMPTS],
      ["/v1/embeddings", { model: "smart", input: "a" }, 200, ATTEMPTS],
      ["/v1/chat/completions", { ...ask, model: "alone" }, 502, ATTEMPTS.slice(0, 1)],
      ["/openai/v1/audio/speech", { model: "smart", input: "a" }, 200, ATTEMPTS],
    ] as const) {
      const response = await post(path, "headers", body);
      expect(response.status, path).toBe(status);
      const header = response.headers.get("x-parlance-record") ?? "";
      expect(header).toMatch(/^[\x20-\x7e]+$/);
      expect(JSON.parse(header), path).toMatchObject({ attempts });
      const text = await response.text();
      expect(header + text).not.toContain(SECRET);
      expect(text).not.toContain("ATTEMPT_KIND");
    }
  });

  it("is a member of a verbatim body whose other bytes stay as they came", async () => {
    const response = await post("/v1/chat/completions", "body");
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(response.headers.get("x-parlance-record")).toBeNull();
    const text = await response.text();
    expect(text.startsWith(`{"unknown": 1.0,${json().slice(1, -1)},"parlance":{`)).toBe(true);
    expect(Number(response.headers.get("content-length"))).toBe(Buffer.byteLength(text));
    expect((JSON.parse(text) as Told).parlance).toMatchObject({
      attempts: ATTEMPTS,
      cost: { state: "COST_STATE_PRICED", nano_dollars: "55000" },
    });
    expect(text).not.toContain(SECRET);
  });

  it("stands beside the losses of a translated body", async () => {
    const body = { ...ask, max_tokens: 9, top_k: 5 };
    const plain = (await (await post("/v1/messages", undefined, body)).json()) as Told;
    const told = (await (await post("/v1/messages", "both", body)).json()) as Told;
    expect(plain.parlance.losses).toBeDefined();
    expect(told.parlance.losses).toEqual(plain.parlance.losses);
    expect(told.parlance.attempts).toMatchObject(ATTEMPTS);
  });

  it("is in the body of an error in each dialect", async () => {
    for (const [path, body] of [
      ["/v1/chat/completions", { ...ask, model: "alone" }],
      ["/v1/messages", { ...ask, model: "alone", max_tokens: 9 }],
      ["/v1/responses", { model: "alone", input: "Hi" }],
      ["/v1beta/models/alone:generateContent", { contents: [{ role: "user", parts: [{ text: "Hi" }] }] }],
    ] as const) {
      const told = (await (await post(path, "body", body)).json()) as Told & { error: unknown };
      expect(told.error, path).toBeDefined();
      expect(told.parlance.attempts, path).toMatchObject(ATTEMPTS.slice(0, 1));
      expect(JSON.stringify(told)).not.toContain(SECRET);
    }
  });

  it("is the last comment of a stream, with all that was known at its end", async () => {
    const text = await (await post("/v1/chat/completions", "body", { ...ask, stream: true })).text();
    const [, comment] = /\n\n: parlance (.*)\n\n$/.exec(text) ?? [];
    expect(JSON.parse(comment ?? "")).toMatchObject({
      attempts: [ATTEMPTS[0], { ...ATTEMPTS[1], duration: expect.stringMatching(/s$/) as string }],
      cost: { nano_dollars: "55000" },
    });
  });

  it("follows the error that ends a stream", async () => {
    const whole = openAiStream(script);
    first.behave(answerSse(whole.slice(0, whole.indexOf("data:", whole.indexOf("one")))));
    const text = await (await post("/v1/chat/completions", "both", { ...ask, model: "alone", stream: true })).text();
    expect(text.indexOf('"error"')).toBeGreaterThan(0);
    expect(text.indexOf(": parlance ")).toBeGreaterThan(text.indexOf('"error"'));
    expect(text).toContain('"error_code":"ERROR_CODE_');
  });

  it("is refused by name where no such place is", async () => {
    const response = await post("/v1/messages", "footnote", { ...ask, max_tokens: 9 });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain("x-parlance-record");
  });
});

describe("an SDK whose answers hold the record reads them as any other", () => {
  const headers = { "x-parlance-record": "both" };

  it("OpenAI's", async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0, defaultHeaders: headers });
    const whole = await client.chat.completions.create(ask);
    expect(whole.choices[0]?.message.content).toBe("one two three");
    expect((whole as unknown as Told).parlance.attempts).toMatchObject(ATTEMPTS);
    const stream = client.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    expect(await stream.finalContent()).toBe("one two three");
    expect((await stream.totalUsage()).completion_tokens).toBe(3);
    const response = await client.responses.create({ model: "smart", input: "Hi" });
    expect(response.output_text).toBe("one two three");
    let ended = "";
    for await (const event of await client.responses.create({ model: "smart", input: "Hi", stream: true })) {
      ended = event.type;
    }
    expect(ended).toBe("response.completed");
    const error = await client.chat.completions.create({ ...ask, model: "alone" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
  });

  it("Anthropic's", async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0, defaultHeaders: headers });
    const whole = await client.messages.create({ ...ask, max_tokens: 9 });
    expect(whole.content).toMatchObject([{ type: "text", text: "one two three" }]);
    expect((whole as unknown as Told).parlance.attempts).toMatchObject(ATTEMPTS);
    const stream = client.messages.stream({ ...ask, max_tokens: 9 });
    expect(await stream.finalText()).toBe("one two three");
    await expect(client.messages.create({ ...ask, model: "alone", max_tokens: 9 })).rejects.toBeInstanceOf(
      Anthropic.InternalServerError,
    );
  });

  it("Google's", async () => {
    const client = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: gateway.url, headers } });
    const whole = await client.models.generateContent({ model: "smart", contents: "Hi" });
    expect(whole.text).toBe("one two three");
    let text = "";
    for await (const chunk of await client.models.generateContentStream({ model: "smart", contents: "Hi" })) {
      text += chunk.text ?? "";
    }
    expect(text).toBe("one two three");
  });
});
