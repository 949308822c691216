import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Row, rows } from "./calls.js";
import { anthropicClient } from "./clients/anthropic-client.js";
import { type Canonical, type CanonicalError, type Client, compact } from "./clients/canonical.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: Client;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: test-key }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: test-key }
  gone: { plugin: openai, base_url: "http://127.0.0.1:1/v1" }
models:
  translated: { targets: [{ provider: up, model: upstream-model }] }
  verbatim: { targets: [{ provider: claude, model: claude-sonnet-4-5 }] }
  unreachable: { targets: [{ provider: gone, model: any }] }
  nobody: { targets: [{ provider: up, model: a }, { provider: claude, model: b, priority: 1 }] }
`);
  client = anthropicClient(gateway.url);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

describe("Anthropic's SDK", () => {
  it.each(rows)("reads the same answer from a provider of another dialect: $name", async ({ call, script }: Row) => {
    upstream.behave(answerJson(openAiAnswer(script)));
    expect(await client.complete("translated", call)).toEqual(expected(script, script.finish));
    upstream.behave(answerSse(openAiStream(script), [7, 1, 200]));
    expect(await client.stream("translated", call), "streamed").toEqual(expected(script, script.finish));
    for (const { path, headers, json } of upstream.seen.slice(-2)) {
      expect(path).toBe("/v1/chat/completions");
      expect(headers).toMatchObject({ authorization: "Bearer test-key" });
      expect(headers).not.toHaveProperty("x-api-key");
      expect(json().model).toBe("upstream-model");
    }
  });

  it.each(rows)("reads the same answer from a provider of its own: $name", async ({ call, script }: Row) => {
    const finish = script.refusal === undefined ? script.finish : "content_filter";
    upstream.behave(answerJson(anthropicAnswer(script)));
    expect(await client.complete("verbatim", call)).toEqual(expected(script, finish));
    upstream.behave(answerSse(anthropicStream(script), [7, 1, 200]));
    expect(await client.stream("verbatim", call), "streamed").toEqual(expected(script, finish));
    for (const { path, headers } of upstream.seen.slice(-2)) {
      expect(path).toBe("/v1/messages");
      expect(headers).toMatchObject({ "x-api-key": "test-key" });
      expect(headers).not.toHaveProperty("authorization");
    }
  });
});

interface Failure {
  readonly name: string;
  readonly model?: string;
  readonly status?: number;
  readonly type?: string;
  readonly message?: string;
  readonly headers?: Record<string, string>;
  readonly told: Partial<CanonicalError>;
}

const failures: readonly Failure[] = [
  {
    name: "a request at fault",
    status: 400,
    type: "invalid_request_error",
    told: { status: 400, className: "BadRequestError", code: "invalid_request_error" },
  },
  {
    name: "a prompt that is too long",
    status: 400,
    type: "invalid_request_error",
    message: "prompt is too long: 210000 tokens > 200000 maximum",
    told: { status: 400, className: "BadRequestError", code: "invalid_request_error" },
  },
  {
    name: "the gateway's own credential",
    status: 401,
    type: "authentication_error",
    // Trap 151: never 401, or the caller would change a key that is right.
    told: { status: 502, className: "InternalServerError", code: "api_error" },
  },
  {
    name: "a model that the provider does not have",
    status: 404,
    type: "not_found_error",
    message: "model: nothing",
    told: { status: 404, className: "NotFoundError", code: "not_found_error" },
  },
  {
    name: "too large a request",
    status: 413,
    type: "request_too_large",
    told: { status: 413, className: "ContentTooLargeError", code: "request_too_large" },
  },
  {
    name: "a rate limit",
    status: 429,
    type: "rate_limit_error",
    headers: { "retry-after": "7" },
    told: { status: 429, className: "RateLimitError", code: "rate_limit_error", retryAfterSeconds: 7 },
  },
  {
    name: "a fault of the provider",
    status: 500,
    type: "api_error",
    told: { status: 502, className: "InternalServerError", code: "api_error" },
  },
  {
    name: "an overload",
    status: 529,
    type: "overloaded_error",
    told: { status: 529, className: "OverloadedError", code: "overloaded_error" },
  },
  {
    name: "a provider's time-out",
    status: 504,
    type: "timeout_error",
    told: { status: 504, className: "GatewayTimeoutError", code: "timeout_error" },
  },
  {
    name: "an unknown model",
    model: "verbatm",
    told: { status: 404, className: "NotFoundError", code: "not_found_error", field: "model" },
  },
  {
    name: "a provider that cannot be reached",
    model: "unreachable",
    told: { status: 502, className: "InternalServerError", code: "api_error" },
  },
];

describe("an error", () => {
  const refuse = ({ status, type, message = "said the provider", headers }: Failure): Behaviour =>
    answerJson({ type: "error", error: { type, message }, request_id: "req_upstream" }, status, {
      "request-id": "req_upstream",
      ...headers,
    });

  it.each(failures)("raises the SDK's own class: $name", async (failure) => {
    for (const model of failure.model === undefined ? ["verbatim", "translated"] : [failure.model]) {
      for (const how of ["complete", "stream"] as const) {
        // Both plugins read the words of this body.
        upstream.behave(refuse(failure));
        const told = await client[how](model, (rows[0] as Row).call).then(
          () => expect.fail(`${model} ${how} did not fail`),
          (thrown: CanonicalError) => thrown,
        );
        expect(told, `${model} ${how}`).toMatchObject(failure.told);
        expect(JSON.stringify(told)).not.toContain("test-key");
      }
    }
  });

  it("names near models", async () => {
    await expect(client.complete("verbatm", (rows[0] as Row).call)).rejects.toMatchObject({
      message: expect.stringContaining("verbatim") as string,
    });
  });

  it("tells every attempt when no target could answer", async () => {
    upstream.behave(({ path }, response) => {
      response.writeHead(path === "/v1/messages" ? 529 : 500, { "content-type": "application/json" }).end("{}");
    });
    await expect(client.complete("nobody", (rows[0] as Row).call)).rejects.toMatchObject({
      status: 529,
      className: "OverloadedError",
      message: expect.stringMatching(/up\/a.*claude\/b/) as string,
    });
  });
});

function expected(script: Script, finish: string): Canonical {
  return {
    text: script.text ?? script.refusal ?? "",
    reasoning: script.reasoning ?? "",
    refusal: "",
    toolCalls: (script.toolCalls ?? []).map((call) => ({ ...call, arguments: compact(call.arguments) })),
    finish,
    inputTokens: script.inputTokens,
    outputTokens: script.outputTokens,
  };
}
