import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { anthropicAnswer } from "../kits/anthropic-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { callRaw } from "../kits/raw-call.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SCRIPT: Script = { text: "Hello there", finish: "stop", inputTokens: 10, outputTokens: 5 };
const JSON_TYPE = { "content-type": "application/json" };

let first: TestUpstream;
let second: TestUpstream;
let claude: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  claude = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0, max_body_bytes: 65536 }
providers:
  claude: { plugin: anthropic, base_url: "${claude.url}", api_key: sk-ant-own, settings: { betas: [own-beta] } }
  first: { plugin: openai, base_url: "${first.url}/v1", api_key: sk-own, headers: { x-operator: "yes" } }
  second: { plugin: openai, base_url: "${second.url}/base/v1", api_key: sk-second }
  simulator: {}
models:
  smart:
    targets:
      - { provider: claude, model: claude-up, priority: 0 }
      - { provider: first, model: gpt-up, priority: 1, price: { input: "2", output: "4" } }
      - { provider: second, model: gpt-second, priority: 2 }
  only-claude: { targets: [{ provider: claude, model: claude-up }] }
`);
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all([first.close(), second.close(), claude.close()]);
});

beforeEach(() => {
  for (const upstream of [first, second, claude]) {
    upstream.behave(answerJson({ ok: true }));
    upstream.seen.length = 0;
  }
});

const lastRecord = (): Record<string, unknown> => gateway.records().at(-1) ?? {};

describe("a request that passes", () => {
  it("keeps its query, its body's bytes and its headers, and gets the provider's credential for its own", async () => {
    const body = '{ "model" : "smart",\n  "input":"h\\u00e9", "big": 12345678901234567890, "unknown":{"a":[1,2.50]} }';
    await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/moderations?a=1&b=%20x&a=2",
      headers: {
        ...JSON_TYPE,
        authorization: "Bearer caller-secret",
        "x-api-key": "caller-secret",
        cookie: "s=caller-secret",
        "proxy-authorization": "Basic caller-secret",
        "openai-organization": "org-caller",
        "x-forwarded-for": "10.0.0.1",
        "openai-beta": "assistants=v2",
        "idempotency-key": "idem-1",
        "x-stainless-lang": "js",
        "x-new-of-the-vendor": "kept",
        accept: "application/json",
        connection: "close, x-hop",
        "x-hop": "gone",
      },
      body,
    });
    const seen = first.seen[0];
    expect(seen?.path).toBe("/v1/moderations?a=1&b=%20x&a=2");
    expect(seen?.body.toString()).toBe(body.replace('"smart"', '"gpt-up"'));
    expect(seen?.headers).toMatchObject({
      authorization: "Bearer sk-own",
      "x-operator": "yes",
      "openai-beta": "assistants=v2",
      "idempotency-key": "idem-1",
      "x-stainless-lang": "js",
      "x-new-of-the-vendor": "kept",
      accept: "application/json",
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body) + 1),
    });
    expect(JSON.stringify(seen?.headers)).not.toContain("caller-secret");
    for (const name of [
      "cookie",
      "x-api-key",
      "openai-organization",
      "x-forwarded-for",
      "x-hop",
      "proxy-authorization",
    ]) {
      expect(seen?.headers).not.toHaveProperty(name);
    }
  });

  it("joins the caller's betas to the provider's, and names the caller's version", async () => {
    await callRaw(gateway.url, {
      path: "/anthropic/v1/files?beta=true&limit=2",
      headers: { "anthropic-version": "2024-01-01", "anthropic-beta": "files-api-2025-04-14", "x-api-key": "caller" },
    });
    expect(claude.seen[0]?.path).toBe("/v1/files?beta=true&limit=2");
    expect(claude.seen[0]?.headers).toMatchObject({
      "x-api-key": "sk-ant-own",
      "anthropic-version": "2024-01-01",
      "anthropic-beta": "own-beta,files-api-2025-04-14",
    });
    expect(claude.seen[0]?.headers).not.toHaveProperty("content-type");
  });

  it("has its answer as it came: status, headers and bytes, but for cookies and what names servers", async () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7) % 256));
    first.behave((_request, response) => {
      response.writeHead(206, {
        "content-type": "audio/mpeg",
        "content-length": bytes.length,
        "content-range": "bytes 0-2999/9000",
        etag: '"e-1"',
        "set-cookie": "a=b",
        server: "hidden",
        "openai-organization": "org-own",
        "x-request-id": "req_vendor",
        "x-ratelimit-remaining-requests": "9",
        "openai-processing-ms": "12",
      });
      response.end(bytes);
    });
    const answer = await callRaw(gateway.url, {
      path: "/openai/v1/files/file-1/content",
      headers: { range: "bytes=0-2999", "if-none-match": '"x"' },
    });
    expect(first.seen[0]?.headers).toMatchObject({ range: "bytes=0-2999", "if-none-match": '"x"' });
    expect(answer.status).toBe(206);
    expect(answer.body.equals(bytes)).toBe(true);
    expect(answer.headers).toMatchObject({
      "content-type": "audio/mpeg",
      "content-length": "3000",
      "content-range": "bytes 0-2999/9000",
      etag: '"e-1"',
      "x-request-id": "req_vendor",
      "x-ratelimit-remaining-requests": "9",
      "openai-processing-ms": "12",
      "x-parlance-provider": "first",
      "x-parlance-lane": "verbatim",
    });
    for (const name of ["set-cookie", "server", "openai-organization"]) expect(answer.headers).not.toHaveProperty(name);
    expect(lastRecord()).toMatchObject({
      msg: "exchange",
      door: "openai-through",
      operation: "pass_through",
      method: "GET",
      path: "/v1/files/{id}/content",
      provider: "first",
      upstream_status: 206,
      upstream_request_id: "req_vendor",
    });
  });

  it.each([404, 400, 409, 422, 304, 204])("has a status of %i as it came", async (status) => {
    const body = status === 304 || status === 204 ? "" : '{"error":{"message":"m","odd":1}}';
    first.behave((_request, response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body);
    });
    const answer = await callRaw(gateway.url, { path: "/openai/v1/batches/b1" });
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).toBe(body);
    expect(second.seen).toHaveLength(0);
  });

  it("has no refusal that quotes the gateway's credential", async () => {
    second.behave(answerJson({ error: { message: "The header Bearer sk-second is odd" } }, 422));
    const answer = await callRaw(gateway.url, {
      path: "/openai/v1/batches/b1",
      headers: { "x-parlance-provider": "second" },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain("[hidden] is odd");
    expect(answer.body.toString() + JSON.stringify(lastRecord())).not.toContain("sk-second");
  });

  it.each(["GET", "HEAD", "DELETE", "PUT", "PATCH", "POST"])("may be a %s, with or without a body", async (method) => {
    const answer = await callRaw(gateway.url, { method, path: "/openai/v1/vector_stores/vs_1" });
    expect(answer.status).toBe(200);
    expect(first.seen[0]).toMatchObject({ method, path: "/v1/vector_stores/vs_1" });
    expect(first.seen[0]?.body).toHaveLength(0);
    if (method === "HEAD" || method === "GET") return;
    await callRaw(gateway.url, {
      method,
      path: "/openai/v1/vector_stores/vs_1",
      headers: { ...JSON_TYPE, "content-length": 13 },
      body: '{"name": "n"}',
    });
    expect(first.seen[1]?.body.toString()).toBe('{"name": "n"}');
  });

  it("streams events as they come, with usage read in passing", async () => {
    const text = `event: response.created\ndata: {"type":"response.created"}\n\nevent: response.completed\ndata: {"type":"response.completed","response":{"id":"r","usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":0},"output_tokens":500,"output_tokens_details":{"reasoning_tokens":7},"total_tokens":1500},"metadata":{}}}\n\n`;
    first.behave(answerSse(text, [7, 13]));
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/responses",
      headers: JSON_TYPE,
      body: '{"model":"smart","stream":true,"input":"Hi"}',
    });
    expect(answer.body.toString()).toBe(text);
    expect(answer.headers["content-type"]).toContain("text/event-stream");
    expect(lastRecord()).toMatchObject({
      path: "/v1/responses",
      model: "smart",
      input_tokens: 1000,
      output_tokens: 500,
      reasoning_tokens: 7,
      cost: "0.004",
    });
  });

  it("that names no model is not metered: its usage is that of what was asked before", async () => {
    first.behave(answerJson({ id: "r", usage: { input_tokens: 1, output_tokens: 1 } }));
    await callRaw(gateway.url, { method: "POST", path: "/openai/v1/responses/r/cancel" });
    await callRaw(gateway.url, { path: "/openai/v1/responses/r" });
    for (const record of gateway.records().slice(-2)) {
      expect(record).toMatchObject({ door: "openai-through", path: expect.stringMatching(/^\/v1\/responses\/\{id\}/) });
      expect(record).not.toHaveProperty("input_tokens");
    }
  });

  it("tells an event stream that broke with an event of the vendor's shape", async () => {
    first.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"a":1}\n\n', () => response.destroy());
    });
    const answer = await callRaw(gateway.url, { method: "POST", path: "/openai/v1/threads/t/runs", body: "" });
    expect(answer.complete).toBe(true);
    expect(answer.body.toString()).toMatch(
      /^data: \{"a":1\}\n\n\n\nevent: error\ndata: \{"error":\{.*stream_truncated/,
    );
  });

  it("cuts an answer of bytes whose provider broke off, so that nobody takes it for whole", async () => {
    first.behave((_request, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.write("half", () => response.destroy());
    });
    const answer = await callRaw(gateway.url, { path: "/openai/v1/files/f-1/content" });
    expect(answer.body.toString()).toBe("half");
    expect(answer.complete).toBe(false);
    expect(lastRecord()).toMatchObject({ error: "stream_truncated" });
  });
});

describe("the model of a request that passes", () => {
  const form = (fields: string): string => `--XX\r\n${fields}\r\n--XX--\r\n`;
  const model = (name: string): string => `Content-Disposition: form-data; name="model"\r\n\r\n${name}`;
  const file = (bytes: string): string =>
    `Content-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav\r\n\r\n${bytes}`;

  it.each([
    ["first", (name: string) => form(`${model(name)}\r\n--XX\r\n${file("RIFF--XX\r\n--X\0\r\n\r\nmodel")}`)],
    ["last", (name: string) => form(`${file("RIFF--XX\r\n--X\0\r\n\r\nmodel")}\r\n--XX\r\n${model(name)}`)],
  ])("is mapped in a form where it comes %s, and nothing else is touched", async (_where, of) => {
    await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/audio/transcriptions",
      headers: { "content-type": "multipart/form-data; boundary=XX" },
      body: of("smart"),
    });
    expect(first.seen[0]?.body.toString("latin1")).toBe(of("gpt-up"));
    expect(first.seen[0]?.headers["content-length"]).toBe(String(of("gpt-up").length));
    expect(first.seen[0]?.headers["content-type"]).toBe("multipart/form-data; boundary=XX");
  });

  it("is mapped in a form that is larger than a JSON body may be, and sent while it comes", async () => {
    const of = (name: string): string => form(`${model(name)}\r\n--XX\r\n${file("x".repeat(3_000_000))}`);
    await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/images/edits",
      headers: { "content-type": 'multipart/form-data; boundary="XX"', "content-length": of("smart").length },
      body: of("smart"),
    });
    expect(first.seen[0]?.body.toString("latin1")).toBe(of("gpt-up"));
    expect(first.seen[0]?.headers["content-length"]).toBe(String(of("gpt-up").length));
  });

  it.each([
    ["/openai/v1/models/smart", "/v1/models/gpt-up", "/v1/models/{model}"],
    ["/openai/v1/models/first%2Fft:x", "/v1/models/ft%3Ax", "/v1/models/{model}"],
    ["/openai/v1/models/gpt-of-the-vendor", "/v1/models/gpt-of-the-vendor", "/v1/models/{model}"],
    ["/openai/v1/models", "/v1/models", "/v1/models"],
  ])("is mapped in a path: %s", async (path, told, pattern) => {
    await callRaw(gateway.url, { path });
    expect(first.seen[0]?.path).toBe(told);
    expect(lastRecord()).toMatchObject({ path: pattern });
  });

  it("that nobody has is told in the vendor's shape", async () => {
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/images/generations",
      headers: JSON_TYPE,
      body: '{"model":"smrt"}',
    });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { code: "model_not_found", param: "model" } });
    expect(first.seen).toHaveLength(0);
  });

  it.each([
    ["/openai/v1/images/generations", '{"model":"only-claude"}'],
    ["/openai/v1/chat/completions", '{"model":"only-claude","messages":[{"role":"user","content":"Hi"}]}'],
    ["/openai/v1/embeddings", '{"model":"only-claude","input":"Hi"}'],
  ])("without a target that has the API is unsupported, and never translated: %s", async (path, body) => {
    const answer = await callRaw(gateway.url, { method: "POST", path, headers: JSON_TYPE, body });
    expect(answer.status).toBe(400);
    const { error } = JSON.parse(answer.body.toString()) as { error: { message: string; param: string } };
    expect(error.param).toBe("model");
    expect(error.message).toContain("claude/claude-up");
    expect(claude.seen).toHaveLength(0);
  });

  it("is the provider's own where the caller names the provider", async () => {
    await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/images/generations",
      headers: { ...JSON_TYPE, "x-parlance-provider": "second" },
      body: '{"model":"gpt-image-1"}',
    });
    expect(second.seen[0]?.json()).toEqual({ model: "gpt-image-1" });
    expect(second.seen[0]?.path).toBe("/base/v1/images/generations");
    expect(second.seen[0]?.headers).not.toHaveProperty("x-parlance-provider");
  });

  it("need not be there: the caller's provider or else the first of the API answers, and no other", async () => {
    await callRaw(gateway.url, { path: "/openai/v1/batches", headers: { "x-parlance-provider": "second" } });
    expect(second.seen).toHaveLength(1);
    first.behave(answerJson({ error: { message: "down" } }, 503));
    const answer = await callRaw(gateway.url, { path: "/openai/v1/batches" });
    expect(answer.status).toBe(503);
    expect(answer.body.toString()).toBe('{"error":{"message":"down"}}');
    expect(second.seen).toHaveLength(1);
    const wrong = await callRaw(gateway.url, {
      path: "/openai/v1/files",
      headers: { "x-parlance-provider": "claude" },
    });
    expect(wrong.status).toBe(400);
    const nobody = await callRaw(gateway.url, {
      path: "/openai/v1/files",
      headers: { "x-parlance-provider": "secnd" },
    });
    expect(JSON.parse(nobody.body.toString())).toMatchObject({
      error: { param: "x-parlance-provider", parlance: { suggestions: ["second"] } },
    });
  });
});

describe("chats and messages under a door that passes", () => {
  const body = '{ "model":"smart", "stream":true, "messages":[{"role":"user","content":"Hi"}], "odd":{"x":1.0} }';

  it("take the verbatim lane, with not a byte added", async () => {
    const text = openAiStream(SCRIPT);
    first.behave(answerSse(text, [11], { "x-request-id": "req_up" }));
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/chat/completions?trace=1",
      headers: { ...JSON_TYPE, "x-new-of-the-vendor": "kept", authorization: "Bearer caller-secret" },
      body,
    });
    expect(first.seen[0]?.body.toString()).toBe(body.replace('"smart"', '"gpt-up"'));
    expect(first.seen[0]?.path).toBe("/v1/chat/completions?trace=1");
    expect(first.seen[0]?.headers).toMatchObject({ "x-new-of-the-vendor": "kept", authorization: "Bearer sk-own" });
    expect(answer.body.toString()).toBe(text);
    expect(answer.headers).toMatchObject({ "x-request-id": "req_up", "x-parlance-lane": "verbatim" });
    expect(lastRecord()).toMatchObject({
      door: "openai-through",
      operation: "complete",
      method: "POST",
      path: "/v1/chat/completions",
      input_tokens: 10,
      output_tokens: 5,
      cost: "0.00004",
      finish: "stop",
    });
  });

  it("have one body where the provider answers with one in place of a stream", async () => {
    first.behave(answerJson(openAiAnswer(SCRIPT)));
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/chat/completions",
      headers: JSON_TYPE,
      body,
    });
    expect(answer.body.toString()).toBe(JSON.stringify(openAiAnswer(SCRIPT)));
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(lastRecord()).toMatchObject({ input_tokens: 10, output_tokens: 5, finish: "stop" });
  });

  it("fall back among the targets of the dialect, past those of others", async () => {
    first.behave(answerJson({ error: { message: "no" } }, 500));
    second.behave(answerJson(openAiAnswer(SCRIPT)));
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/chat/completions",
      headers: JSON_TYPE,
      body: body.replace("true", "false"),
    });
    expect(answer.body.toString()).toBe(JSON.stringify(openAiAnswer(SCRIPT)));
    expect(answer.headers["x-parlance-attempts"]).toBe("2");
    expect(claude.seen).toHaveLength(0);
  });

  it("have the refusal of their one target as it came", async () => {
    claude.behave(answerJson({ type: "error", error: { type: "overloaded_error", message: "m" }, odd: 1 }, 529));
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/anthropic/v1/messages?beta=true",
      headers: { ...JSON_TYPE, "anthropic-version": "2023-06-01" },
      body: '{"model":"only-claude","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}',
    });
    expect(answer.status).toBe(529);
    expect(JSON.parse(answer.body.toString())).toHaveProperty("odd", 1);
    expect(claude.seen[0]?.path).toBe("/v1/messages?beta=true");
    claude.behave(answerJson(anthropicAnswer(SCRIPT)));
    const good = await callRaw(gateway.url, {
      method: "POST",
      path: "/anthropic/v1/messages",
      headers: JSON_TYPE,
      body: '{"model":"smart","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}',
    });
    expect(good.body.toString()).toBe(JSON.stringify(anthropicAnswer(SCRIPT)));
    expect(lastRecord()).toMatchObject({ door: "anthropic-through", input_tokens: 10, output_tokens: 5 });
  });

  it("are refused with wishes for routing, which would else be lost in silence", async () => {
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/openai/v1/chat/completions",
      headers: JSON_TYPE,
      body: body.replace("{", '{"routing":{"exclude_providers":["first"]},'),
    });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { param: "routing" } });
    expect(first.seen).toHaveLength(0);
  });

  it("count tokens at the provider, and have its refusal rather than an estimate", async () => {
    claude.behave(answerJson({ type: "error", error: { type: "not_found_error", message: "none" } }, 404));
    const answer = await callRaw(gateway.url, {
      method: "POST",
      path: "/anthropic/v1/messages/count_tokens",
      headers: JSON_TYPE,
      body: '{"model":"only-claude","messages":[]}',
    });
    expect(answer.status).toBe(404);
    expect(claude.seen[0]?.json()).toEqual({ model: "claude-up", messages: [] });
  });
});

describe("a path under a door that passes", () => {
  it.each([
    "/openai/v1/../../admin",
    "/openai/v1/files/../../../admin",
    "/openai/v1/%2e%2e/%2e%2e/admin",
    "/openai/v1/..%2f..%2fadmin",
    "/openai/v1/files/..%5c..%5cadmin",
    "/openai/v1/%252e%252e/admin",
    "/openai/v1/files/..;x/admin",
    "/openai/v1//evil.example/x",
    "/openai/v1/files/%00",
    "/openai/v1/models/..%2f..%2fadmin",
    "/openai//evil.example/v1/files",
    "/openai/admin",
    "/openai/v2/files",
    "/anthropic/v1/../x",
    "/anthropic//evil.example/v1/files",
  ])("never leaves the provider's base URL: %s", async (path) => {
    const answer = await callRaw(gateway.url, { path });
    expect([400, 404]).toContain(answer.status);
    const body = JSON.parse(answer.body.toString()) as Record<string, unknown>;
    expect(path.startsWith("/openai") ? body : body.type).toEqual(
      path.startsWith("/openai") ? { error: expect.anything() } : "error",
    );
    for (const upstream of [first, second, claude]) expect(upstream.seen).toHaveLength(0);
  });

  it("in a proxy's form goes to the provider all the same, and nowhere else", async () => {
    await callRaw(gateway.url, {
      path: "http://evil.example/openai/v1/files?limit=1",
      headers: { host: "evil.example" },
    });
    expect(first.seen[0]?.path).toBe("/v1/files?limit=1");
    expect(first.seen[0]?.headers.host).toBe(new URL(first.url).host);
  });

  it.each(["/openai", "/openai/", "/anthropic", "/openai/v1"])("is told where there is nothing: %s", async (path) => {
    const answer = await callRaw(gateway.url, { path });
    expect(answer.status).toBe(404);
    const body = JSON.parse(answer.body.toString()) as { type?: string };
    expect(body.type).toBe(path.startsWith("/anthropic") ? "error" : undefined);
  });

  it("is its own API's, whatever other vendor's headers come with it", async () => {
    await callRaw(gateway.url, { path: "/openai/v1/files", headers: { "anthropic-version": "2023-06-01" } });
    expect(first.seen[0]?.path).toBe("/v1/files");
  });

  it("may hold an id with a slash in it, encoded as it came", async () => {
    await callRaw(gateway.url, { path: "/openai/v1/files/a%2Fb/" });
    expect(first.seen[0]?.path).toBe("/v1/files/a%2Fb/");
  });

  it.each([
    ["TRACE", "/openai/v1/files"],
    ["PROPFIND", "/openai/v1/files"],
    ["OPTIONS", "/anthropic/v1/messages"],
    ["PROPFIND", "/anthropic/v1/files"],
  ])("is told of a method that does not pass: %s %s", async (method, path) => {
    const answer = await callRaw(gateway.url, { method, path });
    expect(answer.status).toBe(400);
    const body = JSON.parse(answer.body.toString()) as { type?: string; error: { message: string } };
    expect(body.error.message).toContain(`${method} ${path} is not passed on`);
    expect(body.type).toBe(path.startsWith("/anthropic") ? "error" : undefined);
  });
});
