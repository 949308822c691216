import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { geminiAnswer, geminiStream } from "../kits/gemini-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Row, rows } from "./calls.js";
import { type Canonical, type CanonicalError, type Client, compact } from "./clients/canonical.js";
import { googleClient } from "./clients/google-client.js";

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
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: test-key }
  gone: { plugin: openai, base_url: "http://127.0.0.1:1/v1" }
models:
  openai-shaped: { targets: [{ provider: up, model: upstream-model }] }
  anthropic-shaped: { targets: [{ provider: claude, model: claude-sonnet-4-5 }] }
  verbatim: { targets: [{ provider: google, model: gemini-3-flash-preview }] }
  unreachable: { targets: [{ provider: gone, model: any }] }
  nobody: { targets: [{ provider: up, model: a }, { provider: google, model: b, priority: 1 }] }
`);
  client = googleClient(gateway.url);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const PATH = "/v1beta/models/gemini-3-flash-preview:";

/** Each dialect of an upstream, and the way in which it says a script. */
const shapes = [
  {
    model: "openai-shaped",
    whole: openAiAnswer,
    stream: openAiStream,
    paths: ["/v1/chat/completions", "/v1/chat/completions"],
    key: ["authorization", "Bearer test-key"],
  },
  {
    model: "anthropic-shaped",
    whole: anthropicAnswer,
    stream: anthropicStream,
    paths: ["/v1/messages", "/v1/messages"],
    key: ["x-api-key", "test-key"],
  },
  {
    model: "verbatim",
    whole: geminiAnswer,
    stream: geminiStream,
    paths: [`${PATH}generateContent`, `${PATH}streamGenerateContent?alt=sse`],
    key: ["x-goog-api-key", "test-key"],
  },
] as const;

describe.each(shapes)("Google's SDK before a provider that is $model", ({ model, whole, stream, paths, key }) => {
  it.each(rows)("reads the same answer: $name", async ({ call, script }: Row) => {
    const filtered = script.refusal !== undefined && model !== "openai-shaped";
    const answer = expected(script, filtered ? "content_filter" : script.finish);
    upstream.behave(answerJson(whole(script)));
    expect(await client.complete(model, call)).toEqual(answer);
    upstream.behave(answerSse(stream(script), [7, 1, 200]));
    expect(await client.stream(model, call), "streamed").toEqual(answer);
    const seen = upstream.seen.slice(-2);
    expect(seen.map(({ path }) => path)).toEqual(paths);
    for (const { headers } of seen) {
      expect(headers[key[0]]).toBe(key[1]);
      expect(JSON.stringify(headers)).not.toContain("caller-key");
    }
  });
});

interface Failure {
  readonly name: string;
  readonly model?: string;
  readonly status?: number;
  /** In Google's words. */
  readonly type?: string;
  readonly message?: string;
  readonly headers?: Record<string, string>;
  readonly told: Partial<CanonicalError>;
}

const failures: readonly Failure[] = [
  {
    name: "a request at fault",
    status: 400,
    type: "INVALID_ARGUMENT",
    told: { status: 400, code: "INVALID_ARGUMENT" },
  },
  {
    name: "a prompt that is too long",
    status: 400,
    type: "INVALID_ARGUMENT",
    message: "The input token count (210000) exceeds the maximum number of tokens allowed (200000).",
    told: { status: 400, code: "INVALID_ARGUMENT" },
  },
  {
    name: "the gateway's own credential",
    status: 401,
    type: "UNAUTHENTICATED",
    // Trap 151: never 401, or the caller would change a key that is right.
    told: { status: 502, code: "UNAVAILABLE" },
  },
  {
    name: "a model that the provider does not have",
    status: 404,
    type: "NOT_FOUND",
    message: "models/nothing is not found",
    told: { status: 404, code: "NOT_FOUND" },
  },
  {
    name: "a rate limit",
    status: 429,
    type: "RESOURCE_EXHAUSTED",
    headers: { "retry-after": "7" },
    told: { status: 429, code: "RESOURCE_EXHAUSTED", retryAfterSeconds: 7 },
  },
  { name: "a fault of the provider", status: 500, type: "INTERNAL", told: { status: 502, code: "UNAVAILABLE" } },
  { name: "an overload", status: 503, type: "UNAVAILABLE", told: { status: 503, code: "UNAVAILABLE" } },
  {
    name: "a provider's time-out",
    status: 504,
    type: "DEADLINE_EXCEEDED",
    told: { status: 504, code: "DEADLINE_EXCEEDED" },
  },
  { name: "an unknown model", model: "verbatm", told: { status: 404, code: "NOT_FOUND", field: "model" } },
  {
    name: "a provider that cannot be reached",
    model: "unreachable",
    told: { status: 502, code: "UNAVAILABLE" },
  },
];

describe("an error", () => {
  const refuse = ({ status = 0, type, message = "said the provider", headers }: Failure): Behaviour =>
    answerJson({ error: { code: status, message, status: type } }, status, headers);

  it.each(failures)("raises the SDK's own class: $name", async (failure) => {
    const models = failure.model === undefined ? shapes.map(({ model }) => model) : [failure.model];
    for (const model of models) {
      for (const how of ["complete", "stream"] as const) {
        // Every plugin reads the words of this body.
        upstream.behave(refuse(failure));
        const told = await client[how](model, (rows[0] as Row).call).then(
          () => expect.fail(`${model} ${how} did not fail`),
          (thrown: CanonicalError) => thrown,
        );
        expect(told, `${model} ${how}`).toMatchObject({ className: "ApiError", ...failure.told });
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
      response.writeHead(path.startsWith("/v1beta/") ? 503 : 500, { "content-type": "application/json" }).end("{}");
    });
    await expect(client.complete("nobody", (rows[0] as Row).call)).rejects.toMatchObject({
      status: 503,
      code: "UNAVAILABLE",
      message: expect.stringMatching(/up\/a.*google\/b/) as string,
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
