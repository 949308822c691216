import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const GOOD = { text: "hello there", finish: "stop", inputTokens: 1, outputTokens: 1 } as const;

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const host = new URL(upstream.url).host;
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  cloud: { plugin: openai, base_url: "http://${host}/deep/v1", api_key: sk-secret }
  row: { plugin: groq, base_url: "${upstream.url}" }
  simulator: {}
  broken: { plugin: openai, base_url: "${upstream.url}", settings: { organization: "two words" } }
models:
  smart: { targets: [{ provider: cloud, model: one }] }
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

async function get(path: string): Promise<{ status: number; body: Record<string, unknown>; text: string }> {
  const response = await fetch(gateway.url + path);
  const text = await response.text();
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  return { status: response.status, body: JSON.parse(text) as Record<string, unknown>, text };
}

async function ask(stream = false): Promise<void> {
  const body = JSON.stringify({ model: "smart", stream, messages: [{ role: "user", content: "Hi" }] });
  const headers = { "content-type": "application/json" };
  await (await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body })).text();
}

const health = async (id = "cloud") => (await get(`/v1/providers/${id}/health`)).body;

describe("GET /v1/providers", () => {
  it.each(["/v1/providers", "/providers"])("lists what is configured, without credentials: %s", async (path) => {
    const { body, text } = await get(path);
    const host = new URL(upstream.url).host;
    expect(body).toMatchObject({
      object: "list",
      data: [
        {
          id: "broken",
          plugin: "openai",
          state: "down",
          models: [],
          error: {
            code: "invalid_request",
            message: expect.stringContaining("providers.broken.settings.organization"),
          },
        },
        {
          id: "cloud",
          object: "provider",
          plugin: "openai",
          dialects: expect.arrayContaining(["openai-chat", "embeddings"]),
          host,
          models: ["smart"],
        },
        { id: "row", plugin: "groq", dialects: ["openai-chat", "openai-responses"] },
        { id: "simulator", plugin: "simulator", dialects: [], host: null, state: "unknown" },
      ],
    });
    expect((body.data as { models: string[] }[])[3]?.models).toContain("simulator/echo");
    expect(text).not.toContain("secret");
  });
});

describe("GET /v1/providers/{id}/health", () => {
  it("tells what the attempts have seen, from unknown to down and back", async () => {
    expect(await health()).toMatchObject({ id: "cloud", object: "provider.health", state: "unknown", attempts: 0 });

    upstream.behave(answerSse(openAiStream(GOOD)));
    await ask(true);
    const healthy = await health();
    expect(healthy).toMatchObject({
      state: "healthy",
      attempts: 1,
      failures: 0,
      window_seconds: 300,
      last_error: null,
    });
    expect(healthy.median_ttft_ms).toBeGreaterThanOrEqual(0);
    expect(Date.parse(healthy.last_success_at as string)).toBeGreaterThan(0);

    upstream.behave(answerJson({ error: { message: "no" } }, 503));
    await ask();
    expect(await health()).toMatchObject({
      state: "degraded",
      last_error: { code: "provider_overloaded", status: 503, at: expect.any(String) },
    });
    await ask();
    await ask();
    expect(await health()).toMatchObject({ state: "down", attempts: 4, failures: 3 });
    expect((await get("/providers")).body.data).toContainEqual(expect.objectContaining({ id: "cloud", state: "down" }));

    // What the caller did wrong says nothing of the provider.
    upstream.behave(answerJson({ error: { message: "bad" } }, 400));
    await ask();
    expect(await health()).toMatchObject({ attempts: 4, failures: 3 });

    upstream.behave(answerJson(openAiAnswer(GOOD)));
    await ask();
    expect(await health()).toMatchObject({ state: "degraded", attempts: 5, failures: 3 });
  });

  it("is not found for a provider that is not there, with near names", async () => {
    const { status, body } = await get("/v1/providers/clod/health");
    expect(status).toBe(404);
    expect(body.error).toMatchObject({
      message: 'There is no provider "clod". Near names: cloud.',
      parlance: { suggestions: ["cloud"] },
    });
  });
});
