import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0, max_body_bytes: 4096 }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
  simulator: {}
models:
  a: { targets: [{ provider: up, model: a }] }
  b: { targets: [{ provider: claude, model: b }] }
  c: { targets: [{ provider: up, model: c }] }
`);
  client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const messages = [{ role: "user" as const, content: "Hello there" }];

describe("models", () => {
  it("are listed for Anthropic's SDK, all that complete chats, over as many pages as it takes", async () => {
    const all: Anthropic.ModelInfo[] = [];
    for await (const model of client.models.list({ limit: 4 })) all.push(model);
    const ids = all.map(({ id }) => id);
    expect(ids.slice(0, 3)).toEqual(["a", "b", "c"]);
    expect(ids).toContain("simulator/echo");
    expect(ids).not.toContain("simulator/embed");
    expect(new Set(ids).size).toBe(ids.length);
    for (const model of all) {
      expect(model).toMatchObject({ type: "model", display_name: model.id, lifecycle: "active", max_tokens: null });
      expect(new Date(model.created_at).toISOString()).toBe(model.created_at.replace("Z", ".000Z"));
    }
  });

  it("are listed forwards and backwards", async () => {
    const first = await client.models.list({ limit: 2 });
    expect(first).toMatchObject({ has_more: true, first_id: "a", last_id: "b" });
    const next = await client.models.list({ limit: 2, after_id: "b" });
    expect(next).toMatchObject({ has_more: true, first_id: "c" });
    const before = await client.models.list({ limit: 1, before_id: "c" });
    expect(before).toMatchObject({ has_more: true, first_id: "b", last_id: "b" });
    const none = await client.models.list({ before_id: "a" });
    expect(none).toMatchObject({ data: [], has_more: false, first_id: null, last_id: null });
  });

  it.each([
    [{ limit: 0 }, "limit"],
    [{ limit: 1001 }, "limit"],
    [{ after_id: "nobody" }, "after_id"],
    [{ after_id: "a", before_id: "b" }, "before_id"],
  ])("are refused for a page that there is not: %j", async (params, field) => {
    await expect(client.models.list(params)).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      details: { field },
    });
  });

  it("are told one by one, whatever is in their names", async () => {
    expect(await client.models.retrieve("a")).toMatchObject({ type: "model", id: "a" });
    const { data, response } = await client.models.retrieve("simulator/echo").withResponse();
    expect(data).toMatchObject({ type: "model", id: "simulator/echo" });
    expect(response.headers.get("request-id")).toMatch(/^req_/);
    await expect(client.models.retrieve("nobody")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("are told in OpenAI's shape to whoever does not name a version of Anthropic's", async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any" });
    const { data } = await openai.models.list();
    expect(data.map(({ id }) => id)).toContain("simulator/embed");
    expect(await openai.models.retrieve("a")).toMatchObject({ id: "a", object: "model" });
  });
});

describe("a count of tokens", () => {
  const count = (model: string, more: object = {}) =>
    client.beta.messages.countTokens({ model, messages, betas: ["some-2026-01-01"], ...more }).withResponse();

  it("is the provider's own where its dialect has one, the request and the answer as they came", async () => {
    upstream.behave(answerJson({ input_tokens: 14, a_field_of_next_year: 1 }, 200, { "request-id": "req_upstream" }));
    const { data, response } = await count("b", { a_field_of_next_year: [1.0] });
    expect(data).toMatchObject({ input_tokens: 14, a_field_of_next_year: 1 });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-parlance-token-count": "exact",
      "x-parlance-lane": "verbatim",
      "request-id": "req_upstream",
    });
    const seen = upstream.seen.at(-1);
    expect(seen?.path).toBe("/v1/messages/count_tokens");
    expect(seen?.json()).toEqual({ model: "b", messages, a_field_of_next_year: [1] });
    expect(seen?.headers["anthropic-beta"]).toContain("some-2026-01-01");
  });

  it("trap 67: is an estimate, told as such, where the provider has none, and grows with the prompt", async () => {
    const { data, response } = await count("a");
    expect(response.headers.get("x-parlance-token-count")).toBe("estimated");
    expect(data.input_tokens).toBeGreaterThan(0);
    const tools = [{ name: "look", description: "Looks. ".repeat(40), input_schema: { type: "object" as const } }];
    const more = await count("a", { system: "Be brief. ".repeat(30), tools });
    expect(more.data.input_tokens).toBeGreaterThan(data.input_tokens + 100);
  });

  it("is an estimate where a server speaks the dialect without its count", async () => {
    for (const status of [404, 405, 501]) {
      upstream.behave(answerJson({ detail: "Not Found" }, status));
      const { response } = await count("b");
      expect(response.headers.get("x-parlance-token-count")).toBe("estimated");
    }
    await expect(count("b", { messages: [{ role: "nobody", content: "Hi" }] })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("messages[0].role") as string,
    });
  });

  it("is refused where the model is what the provider does not have, and where it fails", async () => {
    const refusal = { type: "error", error: { type: "not_found_error", message: "model: b" } };
    upstream.behave(answerJson(refusal, 404));
    await expect(count("b")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    upstream.behave(answerJson({}, 529));
    await expect(count("b")).rejects.toBeInstanceOf(Anthropic.OverloadedError);
    await expect(count("nobody")).rejects.toMatchObject({ status: 404, type: "not_found_error" });
  });

  it("is exact where a plugin counts by itself", async () => {
    const { data, response } = await count("simulator/echo");
    expect(response.headers.get("x-parlance-token-count")).toBe("exact");
    expect(data.input_tokens).toBeGreaterThan(0);
  });
});

describe("a request that never becomes an exchange", () => {
  const version = { "anthropic-version": "2023-06-01" };
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ model: "b", max_tokens: 10, messages });

  it.each([
    ["malformed JSON", "POST", "/v1/messages", json, '{"model": "b", ]', 400, "invalid_request_error"],
    ["no body", "POST", "/v1/messages", json, "", 400, "invalid_request_error"],
    ["no model", "POST", "/v1/messages", json, '{"messages":[]}', 400, "invalid_request_error"],
    [
      "another content type",
      "POST",
      "/v1/messages",
      { "content-type": "text/plain" },
      body,
      400,
      "invalid_request_error",
    ],
    ["too large a body", "POST", "/v1/messages", json, `{"model":"${"x".repeat(5000)}"}`, 413, "request_too_large"],
    ["a count of nothing", "POST", "/v1/messages/count_tokens", json, "{}", 400, "invalid_request_error"],
    ["another method", "GET", "/v1/messages", {}, undefined, 404, "not_found_error"],
    ["a path below the door", "POST", "/v1/messages/batches", json, body, 404, "not_found_error"],
    [
      "a path of the version's",
      "POST",
      "/v1/files",
      { ...version, "content-type": "a/b" },
      "x",
      404,
      "not_found_error",
    ],
    ["no path", "GET", "/", version, undefined, 404, "not_found_error"],
  ] as const)("is told in Anthropic's shape: %s", async (_name, method, path, headers, sent, status, type) => {
    const init: RequestInit = { method, headers };
    if (sent !== undefined) init.body = sent;
    const response = await fetch(`${gateway.url}${path}`, init);
    expect(response.status).toBe(status);
    const told = (await response.json()) as { request_id: string };
    expect(told).toMatchObject({ type: "error", error: { type, message: expect.stringMatching(/\w/) as string } });
    expect(told.request_id).toBe(response.headers.get("request-id"));
    expect(response.headers.get("x-should-retry")).toBe("false");
  });

  it("leaves the paths of other doors alone, whatever the caller's headers", async () => {
    upstream.behave(answerJson(anthropicAnswer({ text: "Fine.", finish: "stop", inputTokens: 1, outputTokens: 1 })));
    const chat = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...version, ...json },
      body: JSON.stringify({ model: "b", messages }),
    });
    expect(await chat.json()).toMatchObject({ object: "chat.completion" });
    expect((await fetch(`${gateway.url}/health`, { headers: version })).status).toBe(200);
    const nothing = await fetch(`${gateway.url}/nothing`);
    expect(await nothing.json()).toHaveProperty("error.code", "unknown_url");
  });
});
