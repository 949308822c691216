import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type SeenRequest, startUpstream, type TestUpstream } from "../kits/upstream.js";

const plain: Script = { text: "Fine.", finish: "stop", inputTokens: 5, outputTokens: 2 };
const messages = [{ role: "user" as const, content: "Hi" }];
const ask = { max_tokens: 100, messages };

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: provider-key }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: provider-key, settings: { betas: [own-2026-01-01] } }
  old:
    plugin: anthropic
    base_url: "${upstream.url}"
    api_key: provider-key
    settings: { caller_betas: [known-2026-01-01], caller_versions: ["2023-06-01"] }
models:
  both: { targets: [{ provider: claude, model: m }, { provider: up, model: m, priority: 1 }] }
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const seen = (): SeenRequest => upstream.seen[upstream.seen.length - 1] as SeenRequest;
const anthropic = (more: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic =>
  new Anthropic({ baseURL: gateway.url, apiKey: "caller-key", maxRetries: 0, ...more });

/** A record is written once its answer is out. */
async function recordWith(field: string, value: string): Promise<Record<string, unknown>> {
  for (;;) {
    const found = gateway.records().find((record) => record[field] === value);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("what a caller says in headers", () => {
  it("reaches a provider of the same dialect: the version in place of the provider's, betas beside them", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const client = anthropic({ defaultHeaders: { "anthropic-version": "2023-06-01" } });
    await client.beta.messages.create({ ...ask, model: "claude/m", betas: ["one-2026-01-01", "two-2026-01-01"] });
    expect(seen().headers["anthropic-version"]).toBe("2023-06-01");
    expect(seen().headers["anthropic-beta"]).toBe("own-2026-01-01,one-2026-01-01,two-2026-01-01");
    // The SDK has its own version when nothing else is said.
    await anthropic().messages.create({ ...ask, model: "claude/m" });
    expect(seen().headers["anthropic-version"]).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(seen().headers["anthropic-beta"]).toBe("own-2026-01-01");
  });

  it("is not needed: the provider's own version is sent then", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...ask, model: "claude/m" }),
    });
    expect(response.status).toBe(200);
    expect(seen().headers["anthropic-version"]).toBe("2023-06-01");
  });

  it("stays away from a server that does not know it, which is told as a loss", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain)));
    const client = anthropic({ defaultHeaders: { "anthropic-version": "2026-10-21" } });
    const params = { ...ask, model: "old/m", betas: ["known-2026-01-01", "new-2026-02-02"] };
    const { response } = await client.beta.messages.create(params).withResponse();
    expect(seen().headers["anthropic-beta"]).toBe("known-2026-01-01");
    expect(seen().headers["anthropic-version"]).toBe("2023-06-01");
    const record = await recordWith("request_id", response.headers.get("x-parlance-request-id") as string);
    expect(record.losses).toEqual(["anthropic-version", "anthropic-beta"]);
    const strict = client.beta.messages.create({ ...params, parlance: { strict: true } } as typeof params);
    await expect(strict).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("anthropic-") as string,
    });
  });

  it("trap 68: never reaches a provider of another dialect, which is told as a loss", async () => {
    upstream.behave(answerJson(openAiAnswer(plain)));
    const answer = await anthropic().beta.messages.create({ ...ask, model: "up/m", betas: ["one-2026-01-01"] });
    expect(Object.keys(seen().headers).filter((name) => name.startsWith("anthropic"))).toEqual([]);
    expect((answer as { parlance?: unknown }).parlance).toMatchObject({ losses: [{ path: "anthropic-beta" }] });
  });

  it.each([
    ["x-api-key", { apiKey: "caller-key" }],
    ["a bearer token", { apiKey: null, authToken: "caller-key" }],
  ])("holds a credential as %s, which no provider sees", async (_name, credential) => {
    for (const [model, answer] of [
      ["up/m", openAiAnswer(plain)],
      ["claude/m", anthropicAnswer(plain)],
    ] as const) {
      upstream.behave(answerJson(answer));
      await anthropic(credential).messages.create(
        { ...ask, model },
        { headers: { "x-stainless-helper": "x", cookie: "a=b" }, idempotencyKey: "once" },
      );
      const headers = JSON.stringify(seen().headers);
      expect(headers).not.toMatch(/caller-key|stainless|idempotency|cookie/i);
      expect(headers).toContain("provider-key");
    }
  });
});

const LIMITS = {
  "anthropic-ratelimit-requests-remaining": "49",
  "anthropic-ratelimit-input-tokens-reset": "2026-11-21T00:00:00Z",
};
const SERVER = {
  "set-cookie": "a=b",
  server: "cloudflare",
  "cf-ray": "1",
  via: "1.1 x",
  "anthropic-organization-id": "org-1",
  "openai-organization": "org-1",
};
const hidden = (headers: Headers): string[] => Object.keys(SERVER).filter((name) => headers.has(name));

describe("what a provider says in headers", () => {
  it("reaches an Anthropic client when the answer passes as it came, whole and streamed", async () => {
    const told = { ...LIMITS, ...SERVER, "request-id": "req_upstream" };
    upstream.behave((request, response) =>
      (request.json().stream === true
        ? answerSse(anthropicStream(plain), [], told)
        : answerJson(anthropicAnswer(plain), 200, told))(request, response),
    );
    const whole = await anthropic()
      .messages.create({ ...ask, model: "claude/m" })
      .withResponse();
    expect(whole.data).toHaveProperty("_request_id", "req_upstream");
    const streamed = await anthropic()
      .messages.create({ ...ask, model: "claude/m", stream: true })
      .withResponse();
    for await (const _event of streamed.data);
    for (const { headers } of [whole.response, streamed.response]) {
      expect(Object.fromEntries(headers)).toMatchObject({ ...LIMITS, "request-id": "req_upstream" });
      expect(headers.get("x-parlance-lane")).toBe("verbatim");
      expect(hidden(headers)).toEqual([]);
      // The gateway's id is told as well, and both are on the record.
      const record = await recordWith("request_id", headers.get("x-parlance-request-id") as string);
      expect(record.upstream_request_id).toBe("req_upstream");
    }
  });

  it("reaches an OpenAI client when the answer passes as it came", async () => {
    const told = { "x-ratelimit-remaining-tokens": "9", "openai-processing-ms": "12", "x-request-id": "req_upstream" };
    upstream.behave((request, response) =>
      (request.json().stream === true
        ? answerSse(openAiStream(plain), [], { ...told, ...SERVER })
        : answerJson(openAiAnswer(plain), 200, { ...told, ...SERVER }))(request, response),
    );
    const client = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: "caller-key",
      organization: "org-caller",
      project: "project-caller",
    });
    const whole = await client.chat.completions.create({ messages, model: "up/m" }).withResponse();
    expect(whole.data).toHaveProperty("_request_id", "req_upstream");
    expect(JSON.stringify(seen().headers)).not.toMatch(/caller/);
    const streamed = await client.chat.completions.create({ messages, model: "up/m", stream: true }).withResponse();
    for await (const _chunk of streamed.data);
    for (const { headers } of [whole.response, streamed.response]) {
      expect(Object.fromEntries(headers)).toMatchObject(told);
      expect(hidden(headers)).toEqual([]);
    }
  });

  it("stays with the gateway when the answer is translated", async () => {
    upstream.behave(answerJson(openAiAnswer(plain), 200, { ...LIMITS, "x-ratelimit-remaining-tokens": "9" }));
    const { data, response } = await anthropic()
      .messages.create({ ...ask, model: "up/m" })
      .withResponse();
    expect(data).toHaveProperty("_request_id", response.headers.get("x-parlance-request-id"));
    expect([...response.headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
  });

  it("is forgotten with the attempt that failed", async () => {
    upstream.behave((request, response) =>
      (request.path === "/v1/messages"
        ? answerJson({}, 529, { ...LIMITS, "request-id": "req_upstream" })
        : answerJson(openAiAnswer(plain)))(request, response),
    );
    const { data, response } = await anthropic()
      .messages.create({ ...ask, model: "both" })
      .withResponse();
    expect(data.content).toMatchObject([{ type: "text", text: "Fine." }]);
    expect(response.headers.get("x-parlance-attempts")).toBe("2");
    expect(response.headers.get("request-id")).toBe(response.headers.get("x-parlance-request-id"));
    expect([...response.headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
  });

  it("trap 153: is not a request to wait when the answer is a success", async () => {
    upstream.behave(answerJson(anthropicAnswer(plain), 200, { "retry-after": "30" }));
    const { response } = await anthropic()
      .messages.create({ ...ask, model: "claude/m" })
      .withResponse();
    expect(response.headers.has("retry-after")).toBe(false);
  });

  it("tells when to try again: traps 103 and 152", async () => {
    const refusal = { type: "error", error: { type: "rate_limit_error", message: "slow down" } };
    const told = { ...LIMITS, "retry-after": "1", "retry-after-ms": "0", "x-should-retry": "false", ...SERVER };
    upstream.behave(answerJson(refusal, 429, { ...told, "request-id": "req_upstream" }));
    const error = await anthropic()
      .messages.create({ ...ask, model: "claude/m" })
      .catch((thrown: InstanceType<typeof Anthropic.RateLimitError>) => thrown);
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    const { headers } = error as { headers: Headers };
    // Zero milliseconds beside a second would be a hot loop.
    expect(Object.fromEntries(headers)).toMatchObject({
      ...LIMITS,
      "retry-after": "1",
      "retry-after-ms": "1000",
      "x-should-retry": "false",
    });
    expect(hidden(headers)).toEqual([]);
    // The words are the gateway's own, and so is the id.
    expect(headers.get("request-id")).toBe(headers.get("x-parlance-request-id"));
  });

  it("tells the id of a refusal that passes as it came", async () => {
    const refusal = { type: "error", error: { type: "invalid_request_error", message: "no" }, request_id: "req_up" };
    upstream.behave(answerJson(refusal, 400, { "request-id": "req_up", "x-should-retry": "false" }));
    await expect(anthropic().messages.create({ ...ask, model: "claude/m" })).rejects.toMatchObject({
      requestID: "req_up",
      error: refusal,
    });
  });
});
