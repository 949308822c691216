import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import type { Exchange } from "../../src/core/exchange.js";
import type { Gateway } from "../../src/core/gateway.js";
import { createPipeline } from "../../src/core/stage.js";
import { RoutingService } from "../../src/gen/parlance/v1/routing_service_pb.js";
import { CompletionService } from "../../src/gen/parlance/v1/completion_service_pb.js";
import { create, ParlanceError, RoutePlanSchema } from "../../src/sdk/index.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import { anthropicDoor } from "../../src/transport/anthropic/door.js";
import { geminiDoor } from "../../src/transport/gemini/door.js";
import { KeepAlive } from "../../src/transport/keep-alive.js";
import type { Listener } from "../../src/transport/listener.js";
import { errorDialect, openAiDoor } from "../../src/transport/openai/door.js";
import { openAiThroughDoor } from "../../src/transport/openai/through.js";
import { responsesDoor } from "../../src/transport/responses/door.js";
import { rpcDoor } from "../../src/transport/rpc/door.js";
import { createServer } from "../../src/transport/server.js";

const MAX_BYTES = 1_000_000;
const plan = create(RoutePlanSchema, {
  model: "smart",
  route: "smart",
  strategy: "weighted",
  targets: [{ target: "a/one", provider: "a", upstreamModel: "one", reason: "by weight", role: "route" }],
  leftOut: [{ target: "b/two", reason: "cannot take tools" }],
  estimatedInputTokens: 7,
  maxAttempts: 2,
});
/** The same in JSON, with the proto's names. */
const PLAN = {
  model: "smart",
  route: "smart",
  strategy: "weighted",
  targets: [{ target: "a/one", provider: "a", upstream_model: "one", reason: "by weight", role: "route" }],
  left_out: [{ target: "b/two", reason: "cannot take tools" }],
  estimated_input_tokens: 7,
  max_attempts: 2,
};

let listener: Listener;
let url: string;
let asked: Exchange[];
let refusal: ParlanceError | undefined;
let answered = 0;

/** A gateway whose routing says always the same, and which calls nobody. */
function gateway(): Gateway {
  const pipeline = createPipeline(
    [
      {
        name: "route",
        enter(exchange) {
          asked.push(exchange);
          if (refusal !== undefined) throw refusal;
          exchange.explanation = plan;
        },
      },
    ],
    async () => {
      answered += 1;
      throw new ParlanceError("internal", "It was answered.");
    },
  );
  const nothing = (): never => {
    throw new Error("it is not to be asked");
  };
  return {
    clock: systemClock,
    handle: pipeline,
    overload: () => undefined,
    refused: () => {},
    models: () => ({ find: () => undefined }) as unknown as ReturnType<Gateway["models"]>,
    providers: nothing,
    configVersion: () => "v1",
    isReady: () => true,
    newId: () => "req_1",
  };
}

beforeAll(async () => {
  const keepAlive = new KeepAlive();
  const one = gateway();
  const serving = { isServing: () => true, onChange: () => () => {} };
  listener = await createServer({
    gateway: one,
    doors: [
      openAiDoor(one, keepAlive),
      responsesDoor(one, keepAlive, createMemoryStore(MAX_BYTES, Date.now), 1000),
      anthropicDoor(one, keepAlive),
      openAiThroughDoor(one, keepAlive, MAX_BYTES),
      geminiDoor(one, keepAlive),
      rpcDoor(one, serving, MAX_BYTES, { services: [], guard: () => {} }),
    ],
    errors: errorDialect,
    errorsAt: [],
    maxBodyBytes: MAX_BYTES,
    headerTimeoutMs: 10_000,
    bodyTimeoutMs: 10_000,
  });
  ({ url } = await listener.listen("127.0.0.1", 0));
});

beforeEach(() => {
  asked = [];
  refusal = undefined;
});

afterAll(() => listener.drain(0));

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-parlance-explain": "true", ...headers },
    body: JSON.stringify(body),
  });
}

const messages = [{ role: "user", content: "Hi" }];
const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
const DOORS = [
  ["/v1/chat/completions", { model: "smart", messages }],
  ["/v1/chat/completions", { model: "smart", messages, stream: true }],
  ["/v1/completions", { model: "smart", prompt: "Hi" }],
  ["/v1/completions/stream", { model: "smart", messages }],
  ["/v1/embeddings", { model: "smart", input: "Hi" }],
  ["/v1/responses", { model: "smart", input: "Hi" }],
  ["/v1/responses/input_tokens", { model: "smart", input: "Hi" }],
  ["/v1/messages", { model: "smart", messages, max_tokens: 9 }],
  ["/v1/messages/count_tokens", { model: "smart", messages }],
  ["/v1beta/models/smart:generateContent", { contents }],
  ["/v1beta/models/smart:countTokens", { contents }],
  ["/openai/v1/chat/completions", { model: "smart", messages }],
  ["/openai/v1/audio/speech", { model: "smart", input: "Hi" }],
] as const;

describe("x-parlance-explain gives the plan, and calls nobody,", () => {
  it.each(DOORS)("at %s", async (path, body) => {
    const response = await post(path, body, { "x-parlance-strategy": "weighted", authorization: "Bearer k" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("x-parlance-request-id")).toBe("req_1");
    expect(response.headers.get("x-parlance-config-version")).toBe("v1");
    expect(await response.json()).toEqual(PLAN);
    expect(asked[0]?.routing?.strategy).toBe("weighted");
    expect(asked[0]?.caller?.key).toBeDefined();
    expect(answered).toBe(0);
  });

  it("and what is wrong with the request is told as ever", async () => {
    refusal = new ParlanceError("model_not_found", "There is no model smart.");
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
    const body = { model: "smart", messages: [{ role: "user" as const, content: "Hi" }] };
    await expect(
      openai.chat.completions.create(body, { headers: { "x-parlance-explain": "true" } }),
    ).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const anthropic = await post("/v1/messages", { model: "smart", messages, max_tokens: 9 });
    expect([anthropic.status, await anthropic.json()]).toMatchObject([404, { error: { type: "not_found_error" } }]);
    const wrong = await post(
      "/v1/messages",
      { model: "smart", messages, max_tokens: 9 },
      { "x-parlance-explain": "1" },
    );
    expect(await wrong.json()).toMatchObject({ type: "error", error: { details: { field: "x-parlance-explain" } } });
  });
});

describe("ExplainRoute gives the same", () => {
  it.each([
    ["Connect", () => createConnectTransport({ baseUrl: url, httpVersion: "1.1" })],
    ["gRPC", () => createGrpcTransport({ baseUrl: url })],
  ])("over %s", async (_name, transport) => {
    const client = createClient(RoutingService, transport());
    const chat = {
      model: "smart",
      messages: [{ role: 3, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] }],
    };
    const answer = await client.explainRoute(
      { request: { case: "chat", value: { ...chat, routing: { region: "eu" } } }, stream: true },
      { headers: { "x-parlance-tags": "a,b", authorization: "Bearer k" } },
    );
    expect(answer.plan).toEqual(plan);
    expect(asked[0]).toMatchObject({ model: "smart", stream: true, routing: { region: "eu", tags: ["a", "b"] } });
    expect(asked[0]?.caller?.key).toBeDefined();
    const embedding = { model: "smart", inputs: [{ kind: { case: "text" as const, value: "Hi" } }] };
    expect((await client.explainRoute({ request: { case: "embedding", value: embedding } })).plan).toEqual(plan);
    await expect(client.explainRoute({})).rejects.toThrow("chat or embedding is required");
    // Elsewhere the header would have an answer made, and paid for, in the place of a plan.
    const calls = createClient(CompletionService, transport());
    const headers = { "x-parlance-explain": "true" };
    await expect(calls.complete({ chat }, { headers })).rejects.toMatchObject({ code: 3 });
    await expect(calls.complete({ chat }, { headers })).rejects.toThrow("RoutingService/ExplainRoute");
    expect(answered).toBe(0);
    refusal = new ParlanceError("model_not_found", "There is no model smart.");
    await expect(client.explainRoute({ request: { case: "chat", value: chat } })).rejects.toMatchObject({ code: 5 });
  });
});
