import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { type GoogleSts, startGoogleSts } from "../kits/google-sts.js";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { googleSdk } from "./clients/google-client.js";

const PLACE = "/v1beta1/projects/p/locations/europe-west4/publishers/google/models";
const MODEL = "vertex/gemini-3-flash-preview";

let upstream: TestUpstream;
let folder: string;
let sts: GoogleSts;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  folder = await mkdtemp(join(tmpdir(), "parlance-vertex-"));
  sts = await startGoogleSts(folder);
  const place = { project: "p", location: "europe-west4" };
  const vertex = (settings: object, more: object = {}) => ({
    plugin: "vertex",
    base_url: upstream.url,
    settings,
    ...more,
  });
  const providers = {
    vertex: vertex({ ...place, credentials: sts.credentials }),
    newest: vertex({ ...place, credentials: sts.credentials, embeddings: "embed_content" }),
    refused: vertex({ ...place, credentials: sts.credentials }),
    keyless: vertex({ ...place, credentials_file: join(folder, "gone.json") }),
    express: vertex({}, { api_key: "express-key" }),
    claude: vertex({ ...place, credentials: sts.credentials, publisher: "anthropic" }),
  };
  gateway = await startTestGateway(JSON.stringify({ server: { port: 0 }, log: { level: "silent" }, providers }));
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all([upstream.close(), sts.server.close()]);
  await rm(folder, { recursive: true });
});

afterEach(() => {
  upstream.seen.length = 0;
  sts.server.seen.length = 0;
});

const messages = [{ role: "user" as const, content: "Hi" }];
const answer = (parts: object[], more: object = { finishReason: "STOP" }) => ({
  candidates: [{ content: { role: "model", parts }, ...more }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 10 },
  modelVersion: "gemini-3-flash-preview",
  responseId: "r1",
});
const sse = (...events: object[]) => events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join("");

describe("a provider on Vertex AI", () => {
  it("is called at the project's place with a token that all calls share", async () => {
    sts.give("token-1");
    upstream.behave(answerJson(answer([{ text: "Hello" }])));
    const all = await Promise.all([1, 2, 3].map(() => client.chat.completions.create({ model: MODEL, messages })));
    for (const { choices, usage } of all) {
      expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello" } });
      expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 5 });
    }
    expect(sts.server.seen).toHaveLength(1);
    expect(upstream.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual(
      Array.from({ length: 3 }, () => [`${PLACE}/gemini-3-flash-preview:generateContent`, "Bearer token-1"]),
    );
  });

  it("streams at another path, in whatever pieces", async () => {
    const events = [answer([{ text: "Hel" }], {}), answer([{ text: "lo" }], {}), answer([{ text: "" }])];
    upstream.behave(answerSse(sse(...events), [5, 1, 30]));
    const stream = client.chat.completions.stream({ model: MODEL, messages, stream: true });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe("Hello");
    expect(upstream.seen[0]?.path).toBe(`${PLACE}/gemini-3-flash-preview:streamGenerateContent?alt=sse`);
  });

  it("answers Google's own SDK with its own words", async () => {
    upstream.behave(answerJson(answer([{ text: "Hello" }])));
    const google = googleSdk(gateway.url);
    const response = await google.models.generateContent({ model: MODEL, contents: "Hi" });
    expect([response.text, response.responseId]).toEqual(["Hello", "r1"]);
    upstream.behave(answerSse(sse(answer([{ text: "Hello" }])), [7]));
    let text = "";
    for await (const event of await google.models.generateContentStream({
      model: MODEL,
      contents: "Hi",
      config: { temperature: 0.5 },
    })) {
      text += event.text ?? "";
    }
    expect(text).toBe("Hello");
    expect(upstream.seen[1]?.json()).toMatchObject({ generationConfig: { temperature: 0.5 } });
  });

  it("counts tokens of what lies open in the body, whoever asks", async () => {
    upstream.behave(answerJson({ totalTokens: 7, totalBillableCharacters: 20 }));
    const { totalTokens } = await googleSdk(gateway.url).models.countTokens({ model: MODEL, contents: "Hi" });
    expect(totalTokens).toBe(7);
    const response = await fetch(`${gateway.url}/parlance.v1.CompletionService/CountTokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        chat: {
          model: MODEL,
          messages: [
            { role: "ROLE_SYSTEM", parts: [{ text: { text: "Be brief." } }] },
            { role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] },
          ],
        },
      }),
    });
    expect(await response.json()).toMatchObject({ inputTokens: 7 });
    const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
    expect(upstream.seen[0]?.json()).toEqual({ contents });
    expect(upstream.seen[1]?.json()).toEqual({ contents, systemInstruction: { parts: [{ text: "Be brief." }] } });
    expect(upstream.seen.map(({ path }) => path)).toEqual([
      `${PLACE}/gemini-3-flash-preview:countTokens`,
      `${PLACE}/gemini-3-flash-preview:countTokens`,
    ]);
  });

  it("makes vectors in either of its forms", async () => {
    const made = { embeddings: { values: [0.5, 1], statistics: { token_count: 3, truncated: false } } };
    upstream.behave(answerJson({ predictions: [made, made] }));
    const result = await client.embeddings.create({
      model: "vertex/text-embedding-005",
      input: ["a", "b"],
      dimensions: 2,
    });
    expect(result.data.map(({ embedding }) => embedding)).toEqual([
      [0.5, 1],
      [0.5, 1],
    ]);
    expect(result.usage).toMatchObject({ prompt_tokens: 6, total_tokens: 6 });
    upstream.behave(answerJson({ embedding: { values: [2] }, usageMetadata: { promptTokenCount: 4 } }));
    const one = await client.embeddings.create({ model: "newest/gemini-embedding-2", input: "a" });
    expect([one.data[0]?.embedding, one.usage.prompt_tokens]).toEqual([[2], 4]);
    expect(upstream.seen.map(({ path, json }) => [path, json()])).toEqual([
      [
        `${PLACE}/text-embedding-005:predict`,
        { instances: [{ content: "a" }, { content: "b" }], parameters: { outputDimensionality: 2 } },
      ],
      [`${PLACE}/gemini-embedding-2:embedContent`, { content: { parts: [{ text: "a" }] } }],
    ]);
    await expect(
      client.embeddings.create({ model: "newest/gemini-embedding-2", input: ["a", "b"] }),
    ).rejects.toMatchObject({
      status: 400,
      param: "inputs",
    });
  });

  it("calls Claude with the version in the body and the model in the path", async () => {
    const script: Script = { text: "Hello", finish: "stop", inputTokens: 5, outputTokens: 2 };
    sts.give("token-3");
    upstream.behave(answerJson(anthropicAnswer(script)));
    const whole = await client.chat.completions.create({ model: "claude/claude-sonnet-4-5@20250929", messages });
    expect(whole.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello" } });
    upstream.behave(answerSse(anthropicStream(script), [3, 50]));
    const ask = { model: "claude/claude-sonnet-4-5@20250929", messages, stream: true } as const;
    const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe("Hello");
    const model = "/v1beta1/projects/p/locations/europe-west4/publishers/anthropic/models/claude-sonnet-4-5%4020250929";
    expect(upstream.seen.map(({ path }) => path)).toEqual([`${model}:rawPredict`, `${model}:streamRawPredict`]);
    expect(upstream.seen[0]?.json()).toEqual({
      anthropic_version: "vertex-2023-10-16",
      max_tokens: 64_000,
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(upstream.seen[1]?.json()).toMatchObject({ anthropic_version: "vertex-2023-10-16", stream: true });
  });

  it("with a key is called in express mode, without a token", async () => {
    upstream.behave(answerJson(answer([{ text: "Hello" }])));
    await client.chat.completions.create({ model: "express/gemini-2.5-flash", messages });
    const [seen] = upstream.seen;
    expect(seen?.path).toBe("/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent");
    expect([seen?.headers["x-goog-api-key"], seen?.headers.authorization]).toEqual(["express-key", undefined]);
    expect(sts.server.seen).toEqual([]);
  });

  it("is not called where there is no token, and its caller is told whose fault that is", async () => {
    sts.server.behave(answerJson({ error: "invalid_grant", error_description: "subject is unknown" }, 400));
    for (const [model, why] of [
      ["refused/x", "invalid_grant"],
      ["keyless/x", "ENOENT"],
    ]) {
      const failure = client.chat.completions.create({ model: model as string, messages });
      await expect(failure).rejects.toMatchObject({ status: 502, code: "provider_unauthenticated" });
      await expect(failure).rejects.toThrow(why);
    }
    expect(upstream.seen).toEqual([]);
    sts.give("token-2");
    upstream.behave(answerJson(answer([{ text: "Hello" }])));
    await client.chat.completions.create({ model: "refused/x", messages });
    expect(upstream.seen[0]?.headers.authorization).toBe("Bearer token-2");
  });
});

describe("an answer of Vertex AI", () => {
  const tools = [
    { type: "function" as const, function: { name: "look", parameters: { type: "object", properties: {} } } },
  ];
  const ask = { model: MODEL, messages, tools };

  it.each([
    [1, "stop"],
    [2, "length"],
    [3, "content_filter"],
  ])("trap 121: that ends in the number %i ends in %s", async (finishReason, finish) => {
    upstream.behave(answerJson(answer([{ text: "Hello" }], { finishReason })));
    expect((await client.chat.completions.create(ask)).choices[0]?.finish_reason).toBe(finish);
  });

  it("trap 75: with calls that have no ids gives each its own, and sends none back", async () => {
    const call = { functionCall: { name: "look", args: { at: 1 } } };
    upstream.behave(answerJson(answer([call, call])));
    const { message } = (await client.chat.completions.create(ask)).choices[0] ?? {};
    const ids = (message?.tool_calls ?? []).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    const results = ids.map((id) => ({ role: "tool" as const, tool_call_id: id, content: "seen" }));
    upstream.behave(answerJson(answer([{ text: "Done" }])));
    await client.chat.completions.create({ ...ask, messages: [...messages, message as never, ...results] });
    const body = JSON.stringify(upstream.seen[1]?.json());
    expect(body).toContain('"functionResponse"');
    for (const id of ids) expect(body).not.toContain(id);
  });

  it("trap 78: with a sealed thought takes it back, as Vertex AI's own compatible door names it too", async () => {
    upstream.behave(answerJson(answer([{ functionCall: { name: "look", args: {} }, thoughtSignature: "c2VhbA==" }])));
    const { message } = (await client.chat.completions.create(ask)).choices[0] ?? {};
    const [call] = (message?.tool_calls ?? []) as unknown as { id: string; extra_content?: Record<string, unknown> }[];
    expect(call?.extra_content?.google).toEqual({ thought_signature: "c2VhbA==" });
    upstream.behave(answerJson(answer([{ text: "Done" }])));
    const spelled = { ...call, extra_content: { vertex: call?.extra_content?.google } };
    const turns = [
      { ...message, tool_calls: [spelled] },
      { role: "tool", tool_call_id: call?.id, content: "seen" },
    ];
    await client.chat.completions.create({ ...ask, messages: [...messages, ...turns] as never });
    expect(JSON.stringify(upstream.seen[1]?.json())).toContain('"thoughtSignature":"c2VhbA=="');
  });

  it("trap 88: to a picture by address is asked with the address and its kind", async () => {
    upstream.behave(answerJson(answer([{ text: "A cat" }])));
    const content = [{ type: "image_url" as const, image_url: { url: "https://example.com/cat.png" } }];
    await client.chat.completions.create({ model: MODEL, messages: [{ role: "user", content }] });
    expect(upstream.seen[0]?.json()).toMatchObject({
      contents: [{ parts: [{ fileData: { fileUri: "https://example.com/cat.png", mimeType: "image/png" } }] }],
    });
  });

  it("trap 89: that refuses comes in an array too, and says when to come again", async () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3s" }];
    const error = { code: 429, message: "Resource exhausted.", status: "RESOURCE_EXHAUSTED", details };
    upstream.behave(answerJson([{ error }], 429));
    const failure = client.chat.completions.create(ask);
    await expect(failure).rejects.toMatchObject({ status: 429 });
    const headers = await failure.catch((thrown: { headers: Headers }) => thrown.headers);
    expect((headers as Headers).get("retry-after")).toBe("3");
  });
});
