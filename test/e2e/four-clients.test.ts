import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Row, rows } from "./calls.js";
import { type Canonical, type CanonicalError, type Client, compact } from "./clients/canonical.js";
import { connectJsonClient } from "./clients/connect-json-client.js";
import { grpcClient } from "./clients/grpc-client.js";
import { grpcWebClient } from "./clients/grpc-web-client.js";
import { openAiClient } from "./clients/openai-client.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let clients: Client[];

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: test-key }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: test-key }
  gone: { plugin: openai, base_url: "http://127.0.0.1:1/v1" }
models:
  smart: { targets: [{ provider: up, model: upstream-model }] }
  translated: { targets: [{ provider: claude, model: claude-sonnet-4-5 }] }
  unreachable: { targets: [{ provider: gone, model: any }] }
`);
  clients = [
    openAiClient(gateway.url),
    await grpcClient(gateway.url),
    grpcWebClient(gateway.url),
    connectJsonClient(gateway.url),
  ];
});

afterAll(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
  await upstream.close();
});

describe("one call through four clients", () => {
  it.each(rows)("is the same answer: $name", async (row: Row) => {
    const expected = canonicalOf(row.script);
    for (const client of clients) {
      upstream.behave(answerJson(openAiAnswer(row.script)));
      expect(await client.complete("smart", row.call), client.name).toEqual(expected);
      upstream.behave(answerSse(openAiStream(row.script), [7, 1, 200]));
      expect(await client.stream("smart", row.call), `${client.name}, streamed`).toEqual(expected);
    }
    // What reached the provider does not depend on the client either, but for the words that only one spelling has.
    const asked = upstream.seen.slice(-clients.length * 2).map((request) => request.json());
    for (const body of asked) {
      expect(body.model).toBe("upstream-model");
      expect(lastText(body)).toBe(lastText(asked[0] as Record<string, unknown>));
    }
  });
});

describe("one call through four clients to a provider of another dialect", () => {
  it.each(rows)("is the same answer: $name", async (row: Row) => {
    // Anthropic tells a refusal by its stop reason and in plain text.
    const script = row.script;
    const whole = canonicalOf(script);
    const expected =
      script.refusal === undefined ? whole : { ...whole, refusal: "", text: script.refusal, finish: "content_filter" };
    for (const client of clients) {
      upstream.behave(answerJson(anthropicAnswer(script)));
      expect(await client.complete("translated", row.call), client.name).toEqual(expected);
      upstream.behave(answerSse(anthropicStream(script), [7, 1, 200]));
      expect(await client.stream("translated", row.call), `${client.name}, streamed`).toEqual(expected);
    }
    const asked = upstream.seen.slice(-clients.length * 2);
    for (const request of asked) {
      expect(request.path).toBe("/v1/messages");
      expect(request.headers["x-api-key"]).toBe("test-key");
      expect(request.json()).toMatchObject({ model: "claude-sonnet-4-5", max_tokens: expect.any(Number) as number });
    }
  });
});

interface Failure {
  readonly name: string;
  readonly model?: string;
  readonly behaviour?: Behaviour;
  readonly call?: Partial<Row["call"]>;
  readonly http: number;
  readonly className: string;
  readonly openAiCode?: string;
  readonly grpc: number;
  readonly code: string;
  readonly field?: string | undefined;
  readonly retryAfterSeconds?: number;
}

const error = (status: number, body: object, headers: Record<string, string> = {}): Behaviour =>
  answerJson(
    { error: { message: "said the provider", type: "some_error", param: null, code: null, ...body } },
    status,
    headers,
  );

const failures: readonly Failure[] = [
  {
    name: "an unknown model",
    model: "smrt",
    http: 404,
    className: "NotFoundError",
    openAiCode: "model_not_found",
    grpc: 5,
    code: "model_not_found",
    field: "model",
  },
  {
    name: "no messages",
    // The REST door passes them on verbatim, and the provider judges; the RPC doors refuse them by themselves.
    behaviour: answerJson(
      { error: { message: "[] is too short", type: "invalid_request_error", param: "messages" } },
      400,
    ),
    call: { chat: { messages: [] }, openai: { messages: [] } },
    http: 400,
    className: "BadRequestError",
    grpc: 3,
    code: "invalid_request",
    field: "messages",
  },
  {
    name: "a field that the provider refuses",
    behaviour: error(400, { param: "temperature" }),
    http: 400,
    className: "BadRequestError",
    grpc: 3,
    code: "invalid_request",
    field: "temperature",
  },
  {
    name: "a prompt that is too long",
    behaviour: error(400, { code: "context_length_exceeded", param: "messages" }),
    http: 400,
    className: "BadRequestError",
    openAiCode: "context_length_exceeded",
    grpc: 3,
    code: "context_length_exceeded",
    field: "messages",
  },
  {
    name: "the provider's filter",
    behaviour: error(400, { code: "content_filter" }),
    http: 400,
    className: "BadRequestError",
    openAiCode: "content_filter",
    grpc: 9,
    code: "content_filtered",
  },
  {
    name: "the gateway's own credential",
    behaviour: error(401, { code: "invalid_api_key" }),
    http: 502,
    className: "InternalServerError",
    grpc: 14,
    code: "provider_unauthenticated",
  },
  {
    name: "a model that the provider does not have",
    behaviour: error(404, { code: "model_not_found" }),
    http: 404,
    className: "NotFoundError",
    openAiCode: "model_not_found",
    grpc: 5,
    code: "model_not_found",
  },
  {
    name: "too large a request for the provider",
    behaviour: error(413, {}),
    http: 413,
    className: "APIError",
    grpc: 8,
    code: "request_too_large",
  },
  {
    name: "the provider's rate limit",
    behaviour: error(429, { code: "rate_limit_exceeded" }, { "retry-after": "7" }),
    http: 429,
    className: "RateLimitError",
    grpc: 8,
    code: "provider_rate_limited",
    retryAfterSeconds: 7,
  },
  {
    name: "a fault of the provider",
    behaviour: error(500, {}),
    http: 502,
    className: "InternalServerError",
    grpc: 14,
    code: "provider_error",
  },
  {
    name: "an overloaded provider",
    behaviour: error(529, {}),
    http: 503,
    className: "InternalServerError",
    grpc: 14,
    code: "provider_overloaded",
  },
  {
    name: "a provider that cannot be reached",
    model: "unreachable",
    http: 502,
    className: "InternalServerError",
    grpc: 14,
    code: "provider_unavailable",
  },
];

describe("one error through four clients", () => {
  it.each(failures)("is told in each one's words: $name", async (failure: Failure) => {
    upstream.behave(failure.behaviour ?? answerJson({}));
    const call = { ...(rows[0] as Row).call, ...failure.call };
    for (const client of clients) {
      for (const how of ["complete", "stream"] as const) {
        const told = await client[how](failure.model ?? "smart", call).then(
          () => expect.fail(`${client.name} ${how} did not fail`),
          (thrown: CanonicalError) => thrown,
        );
        const label = `${client.name} ${how}: ${JSON.stringify(told)}`;
        const isRest = told.className !== undefined;
        expect(told.status, label).toBe(isRest ? failure.http : failure.grpc);
        if (isRest) expect(told.className, label).toBe(failure.className);
        else expect(told.code, label).toBe(failure.code);
        if (isRest && failure.openAiCode !== undefined) expect(told.code, label).toBe(failure.openAiCode);
        if (failure.field !== undefined) expect(told.field, label).toMatch(new RegExp(`(^|\\.)${failure.field}$`));
        if (failure.retryAfterSeconds !== undefined)
          expect(told.retryAfterSeconds, label).toBe(failure.retryAfterSeconds);
        expect(told.message, label).not.toBe("");
        expect(JSON.stringify(told), label).not.toContain("test-key");
      }
    }
  });

  it("names near models", async () => {
    for (const client of clients) {
      await expect(client.complete("smrt", (rows[0] as Row).call)).rejects.toMatchObject({
        message: expect.stringContaining("smart") as string,
      });
    }
  });
});

function canonicalOf(script: Script): Canonical {
  return {
    text: script.text ?? "",
    reasoning: script.reasoning ?? "",
    refusal: script.refusal ?? "",
    toolCalls: (script.toolCalls ?? []).map((call) => ({ ...call, arguments: compact(call.arguments) })),
    finish: script.finish,
    inputTokens: script.inputTokens,
    outputTokens: script.outputTokens,
  };
}

/** Text of the last message that the provider saw, whichever form its content has. */
function lastText(body: Record<string, unknown>): string {
  const message = (body.messages as { content: unknown }[]).at(-1);
  const content = message?.content;
  if (typeof content === "string") return content;
  return ((content ?? []) as { text?: string }[]).map((part) => part.text ?? "").join("");
}
