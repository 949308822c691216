import { ApiError, type Model } from "@google/genai";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { geminiAnswer } from "../kits/gemini-wire.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { googleSdk } from "./clients/google-client.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: ReturnType<typeof googleSdk>;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0, max_body_bytes: 4096 }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: gateway-key }
  simulator: {}
models:
  a: { targets: [{ provider: up, model: a }] }
  b: { targets: [{ provider: google, model: b }] }
  "c:7b": { targets: [{ provider: up, model: c }] }
`);
  client = googleSdk(gateway.url);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const plain = { text: "Fine.", finish: "stop", inputTokens: 1, outputTokens: 1 } as const;
const contents = [{ role: "user", parts: [{ text: "Hello there" }] }];
const json = { "content-type": "application/json" };
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { ...json, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("models", () => {
  it("are listed for Google's SDK, over as many pages as it takes", async () => {
    const all: Model[] = [];
    for await (const model of await client.models.list({ config: { pageSize: 4 } })) all.push(model);
    const names = all.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["models/a", "models/b", "models/c:7b"]);
    expect(names).toContain("models/simulator/echo");
    expect(new Set(names).size).toBe(names.length);
    for (const model of all) expect(`models/${model.displayName}`).toBe(model.name);
    expect(all[0]?.supportedActions).toEqual(["generateContent", "countTokens"]);
  });

  it.each([
    ["", 50],
    ["?pageSize=0", 50],
    ["?pageSize=2", 2],
    ["?pageSize=5000", 1000],
  ])("come in pages of the size that is asked for: %j", async (query, size) => {
    const response = await fetch(`${gateway.url}/v1beta/models${query}`);
    const { models, nextPageToken } = (await response.json()) as { models: unknown[]; nextPageToken?: string };
    expect(models.length).toBeLessThanOrEqual(size);
    expect(nextPageToken === undefined).toBe(size !== 2);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  it.each([
    ["pageSize=-1", "pageSize"],
    ["pageSize=x", "pageSize"],
    ["pageToken=nowhere", "pageToken"],
  ])("are refused for a page that there is not: %s", async (query, field) => {
    const response = await fetch(`${gateway.url}/v1beta/models?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: {
        code: 400,
        status: "INVALID_ARGUMENT",
        details: expect.arrayContaining([
          expect.objectContaining({ fieldViolations: [expect.objectContaining({ field })] }),
        ]) as unknown[],
      },
    });
  });

  it("are told one by one, whatever is in their names", async () => {
    for (const name of ["a", "c:7b", "simulator/echo", "models/simulator/echo"]) {
      expect(await client.models.get({ model: name })).toMatchObject({ name: `models/${name.replace("models/", "")}` });
    }
    const encoded = await fetch(`${gateway.url}/v1beta/models/simulator%2Fecho`);
    expect(await encoded.json()).toMatchObject({ name: "models/simulator/echo" });
    await expect(client.models.get({ model: "simulatr/echo" })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("simulator/echo") as string,
    });
  });

  it("are told in other shapes at the paths of other doors", async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any" });
    expect(await openai.models.retrieve("a")).toMatchObject({ id: "a", object: "model" });
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any" });
    expect(await anthropic.models.retrieve("a")).toMatchObject({ id: "a", type: "model" });
  });
});

describe("a model's name in the path", () => {
  it.each([
    ["/v1beta/models/b:generateContent", "/v1beta/models/b:generateContent"],
    ["/v1beta/models/models/b:generateContent", "/v1beta/models/b:generateContent"],
    ["/v1beta/models/models%2Fb%3AgenerateContent", "/v1beta/models/b:generateContent"],
    ["/v1beta/models/google/x/y:generateContent", "/v1beta/models/x/y:generateContent"],
    ["/v1beta/models/google%2Fx:generateContent", "/v1beta/models/x:generateContent"],
    ["/v1beta/models/google/x:latest:generateContent", "/v1beta/models/x%3Alatest:generateContent"],
    ["/v1/models/google/x:generateContent", "/v1beta/models/x:generateContent"],
    ["/v1beta/google/x:generateContent", "/v1beta/models/x:generateContent"],
  ])("%s is asked at %s", async (path, expected) => {
    upstream.behave(answerJson(geminiAnswer(plain)));
    const response = await post(path, { contents });
    expect(response.status).toBe(200);
    expect(upstream.seen.at(-1)?.path).toBe(expected);
  });

  it("may hold a colon of its own", async () => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    const answer = await client.models.generateContent({ model: "c:7b", contents });
    expect(answer.text).toBe("Fine.");
    expect(upstream.seen.at(-1)?.json()).toMatchObject({ model: "c" });
  });
});

describe("a caller's credential", () => {
  it.each([
    ["in the query", "?key=caller-secret", {}],
    ["in Google's header", "", { "x-goog-api-key": "caller-secret" }],
    ["as a bearer token", "?access_token=caller-secret", { authorization: "Bearer caller-secret" }],
  ])("%s is taken, and neither passed on nor written down", async (_name, query, headers) => {
    upstream.behave(answerJson(geminiAnswer(plain)));
    const answered = await post(`/v1beta/models/b:generateContent${query}`, { contents }, headers);
    expect(answered.status).toBe(200);
    const refused = await post(`/v1beta/nothing${query}`, {}, headers);
    expect(refused.status).toBe(404);
    expect(await refused.text()).not.toContain("caller-secret");
    const seen = upstream.seen.at(-1);
    expect(seen?.headers["x-goog-api-key"]).toBe("gateway-key");
    expect(JSON.stringify([seen?.path, seen?.headers])).not.toContain("caller-secret");
    expect(JSON.stringify(gateway.records())).not.toContain("caller-secret");
    expect(gateway.records().at(-1)).toMatchObject({ path: "/v1beta/nothing", door: "gemini" });
  });
});

describe("a count of tokens", () => {
  it("is the provider's own where its dialect has one, the request and the answer as they came", async () => {
    upstream.behave(answerJson({ totalTokens: 14, promptTokensDetails: [{ modality: "TEXT", tokenCount: 14 }] }));
    const count = await client.models.countTokens({ model: "b", contents });
    expect(count.totalTokens).toBe(14);
    expect(count.sdkHttpResponse?.headers).toMatchObject({
      "x-parlance-token-count": "exact",
      "x-parlance-lane": "verbatim",
    });
    const raw = await post("/v1beta/models/b:countTokens", { contents, parlance: {} });
    expect(await raw.json()).toEqual({ totalTokens: 14, promptTokensDetails: [{ modality: "TEXT", tokenCount: 14 }] });
    expect(upstream.seen.at(-1)?.path).toBe("/v1beta/models/b:countTokens");
    expect(upstream.seen.at(-1)?.json()).toEqual({ contents });
  });

  it("of a whole request names the provider's own model", async () => {
    upstream.behave(answerJson({ totalTokens: 3 }));
    const generateContentRequest = { contents, model: "models/public-name", systemInstruction: { parts: [] } };
    const body = `{ "generateContentRequest" : ${JSON.stringify(generateContentRequest)} }`;
    await post("/v1beta/models/b:countTokens", body);
    expect(upstream.seen.at(-1)?.body.toString()).toBe(body.replace("public-name", "b"));
    await post("/v1beta/models/b:countTokens", body.replace("generateContentRequest", "generate_content_request"));
    expect(upstream.seen.at(-1)?.body.toString()).toContain('"model":"models/b"');
  });

  it("is an estimate, told as such, where the provider has none, and grows with the prompt", async () => {
    const small = await client.models.countTokens({ model: "a", contents });
    expect(small.sdkHttpResponse?.headers).toMatchObject({ "x-parlance-token-count": "estimated" });
    expect(small.totalTokens).toBeGreaterThan(0);
    const large = await client.models.countTokens({ model: "a", contents: "weather ".repeat(100) });
    expect(large.totalTokens).toBeGreaterThan((small.totalTokens ?? 0) + 100);
    const wrapped = await post("/v1beta/models/a:countTokens", {
      generateContentRequest: {
        model: "models/a",
        contents,
        systemInstruction: { parts: [{ text: "x".repeat(400) }] },
      },
    });
    expect(await wrapped.json()).toEqual({ totalTokens: (small.totalTokens ?? 0) + 104 });
  });

  it("is refused where the model is what nobody has", async () => {
    await expect(client.models.countTokens({ model: "nobody", contents })).rejects.toMatchObject({ status: 404 });
  });
});

describe("a request that never becomes an exchange", () => {
  const path = "/v1beta/models/b:generateContent";

  it.each([
    ["malformed JSON", "POST", path, json, '{"contents": [, ]}', 400, "INVALID_ARGUMENT", /not a JSON object/],
    ["no body", "POST", path, json, "", 400, "INVALID_ARGUMENT", /no body/],
    ["another content type", "POST", path, { "content-type": "text/plain" }, "{}", 400, "INVALID_ARGUMENT", /json/],
    ["too large a body", "POST", path, json, `{"a":"${"x".repeat(5000)}"}`, 413, "INVALID_ARGUMENT", /max_body_bytes/],
    ["another method of HTTP", "PUT", path, json, "{}", 404, "NOT_FOUND", /PUT/],
    ["no model's method", "POST", "/v1beta/models/b", json, "{}", 404, "NOT_FOUND", /models\/b/],
    ["an unknown method", "POST", "/v1beta/models/b:predict", json, "{}", 404, "NOT_FOUND", /predict/],
    ["an unknown method of v1", "POST", "/v1/models/b:predict", json, "{}", 404, "NOT_FOUND", /predict/],
    ["an unknown path", "GET", "/v1beta/files", {}, undefined, 404, "NOT_FOUND", /files/],
    ["no path", "GET", "/v1beta", {}, undefined, 404, "NOT_FOUND", /v1beta/],
    ["a path of another content", "POST", "/v1beta/x", { "content-type": "a/b" }, "x", 404, "NOT_FOUND", /v1beta\/x/],
    ["embeddings", "POST", "/v1beta/models/b:embedContent", json, "{}", 400, "INVALID_ARGUMENT", /v1\/embeddings/],
    ["many", "POST", "/v1beta/models/b:batchEmbedContents", json, "{}", 400, "INVALID_ARGUMENT", /v1\/embeddings/],
    ["another form", "POST", `${path}?alt=proto`, json, "{}", 400, "INVALID_ARGUMENT", /proto/],
    ["a choice of fields", "POST", `${path}?fields=candidates`, json, "{}", 400, "INVALID_ARGUMENT", /fields/],
  ] as const)("is told in Google's shape: %s", async (_name, method, at, headers, sent, status, word, message) => {
    const init: RequestInit = { method, headers };
    if (sent !== undefined) init.body = sent;
    const response = await fetch(`${gateway.url}${at}`, init);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({
      error: { code: status, status: word, message: expect.stringMatching(message) as string },
    });
  });

  it("names the field of a body that is not right", async () => {
    for (const model of ["a", "b"]) {
      const response = await post(`/v1beta/models/${model}:generateContent`, { contents, parlance: { strict: 1 } });
      expect(await response.json()).toMatchObject({ error: { code: 400, status: "INVALID_ARGUMENT" } });
    }
    await expect(client.models.generateContent({ model: "nobody", contents })).rejects.toBeInstanceOf(ApiError);
    const wrong = await post("/v1beta/models/a:generateContent", {
      contents: [{ role: "user", parts: [{ text: 7 }] }],
    });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain("contents[0].parts[0].text");
  });

  it("leaves the paths of other doors alone", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const nothing = await fetch(`${gateway.url}/v1/nothing`, { headers: { "x-goog-api-key": "any" } });
    expect(await nothing.json()).toHaveProperty("error.code", "unknown_url");
    expect((await fetch(`${gateway.url}/health`, { headers: { "x-goog-api-key": "any" } })).status).toBe(200);
  });
});

describe("what could not be said", () => {
  it("stands in the answer, whole and at the end of a stream", async () => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    const body = { contents, generationConfig: { topK: 3 } };
    const losses = [{ path: expect.stringContaining("top_k") as string, kind: "dropped" }];
    const whole = await post("/v1beta/models/a:generateContent", body);
    expect(await whole.json()).toMatchObject({ parlance: { losses } });
    const streamed = await post("/v1beta/models/a:streamGenerateContent", body);
    expect(((await streamed.json()) as unknown[]).at(-1)).toMatchObject({ parlance: { losses } });
  });
});
