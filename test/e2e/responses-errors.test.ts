import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

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
  gone: { plugin: openai, base_url: "http://127.0.0.1:1/v1" }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

type ApiError = InstanceType<typeof OpenAI.APIError>;

const ask = (model: string, more: object = {}): Promise<ApiError> =>
  client.responses.create({ model, input: "Hi", ...more } as OpenAI.Responses.ResponseCreateParamsNonStreaming).then(
    () => expect.fail("it was answered"),
    (thrown: ApiError) => thrown,
  );

const classes = [
  { status: 400, told: 400, expected: OpenAI.BadRequestError },
  // The gateway's own credential: the caller's is right.
  { status: 401, told: 502, expected: OpenAI.InternalServerError },
  { status: 403, told: 502, expected: OpenAI.InternalServerError },
  { status: 404, told: 404, expected: OpenAI.NotFoundError },
  { status: 422, told: 422, expected: OpenAI.UnprocessableEntityError },
  { status: 429, told: 429, expected: OpenAI.RateLimitError },
  { status: 500, told: 502, expected: OpenAI.InternalServerError },
  { status: 503, told: 503, expected: OpenAI.InternalServerError },
] as const;

const upstreams = [
  { model: "own/m", refusal: { error: { message: "said the provider", type: "some_error", param: "p", code: "c" } } },
  { model: "chat/m", refusal: { error: { message: "said the provider", type: "some_error", param: "p", code: "c" } } },
  { model: "claude/m", refusal: { type: "error", error: { type: "some_error", message: "said the provider" } } },
];

describe.each(upstreams)("a refusal by $model", ({ model, refusal }) => {
  it.each(classes)("with status $status raises the SDK's own class", async ({ status, told, expected }) => {
    upstream.behave(answerJson(refusal, status, { "retry-after": "7" }));
    for (const stream of [false, true]) {
      const error = await ask(model, { stream });
      // Only the caller's own dialect has a status for what cannot be processed.
      const seen = status === 422 && model !== "own/m" ? 400 : told;
      expect(error.status).toBe(seen);
      if (seen === told) expect(error).toBeInstanceOf(expected);
      if (status === 400) expect(error.message).toContain("said the provider");
      if (status === 429) expect(error.headers?.get("retry-after")).toBe("7");
    }
  });
});

describe("a request at fault", () => {
  it.each([
    ["model", { model: "" }],
    ["input", { input: 7 }],
    ["previous_response_id", { previous_response_id: 7 }],
    ["store", { store: "yes" }],
    ["background", { background: 1 }],
    ["background", { background: true, store: false }],
    ["stream", { stream: "yes" }],
  ])("names the field %s", async (field, more) => {
    const error = await ask("chat/m", more);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ type: "invalid_request_error", param: field });
  });

  it("that names no model that there is, or one that cannot be reached, says so", async () => {
    expect(await ask("nothing")).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
    expect(await ask("gone/m")).toMatchObject({ status: 502, code: "provider_unavailable" });
  });

  it("has no body, or one that is no JSON", async () => {
    for (const body of ["", "{", "[]"]) {
      const response = await fetch(`${gateway.url}/v1/responses`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    }
  });
});

describe("an id that is none", () => {
  it.each(["../models", "a b", "x".repeat(300), "%00"])("is not found: %s", async (id) => {
    const seen = upstream.seen.length;
    const response = await fetch(`${gateway.url}/v1/responses/${encodeURIComponent(id)}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    expect(upstream.seen.length).toBe(seen);
  });
});
