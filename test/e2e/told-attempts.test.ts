import Anthropic from "@anthropic-ai/sdk";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CompletionService } from "../../src/gen/parlance/v1/completion_service_pb.js";
import { ErrorCode } from "../../src/gen/parlance/v1/error_details_pb.js";
import { ErrorDetailSchema, Role } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { thrownBy } from "../kits/vendors.js";

const KEYS = { one: "secret-of-the-first", two: "secret-of-the-second" };
const script = { text: "one two three", finish: "stop", inputTokens: 10, outputTokens: 3 } as const;
const stream = openAiStream(script);

let upstream: TestUpstream;
let spare: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  spare = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  a:
    plugin: openai
    base_url: "${upstream.url}/v1"
    timeouts: { idle: 300ms }
    credentials: [{ name: one, api_key: ${KEYS.one} }, { name: two, api_key: ${KEYS.two}, weight: 0 }]
  b: { plugin: openai, base_url: "${spare.url}/v1" }
models:
  smart: { targets: [{ provider: a, model: m }, { provider: b, model: n, priority: 1 }] }
`);
});

beforeEach(() => {
  upstream.seen.length = 0;
  spare.behave(answerJson(openAiAnswer(script)));
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
  await spare.close();
});

const ask = (model: string) => ({ model, messages: [{ role: "user" as const, content: "Hi" }] });
const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });

describe("what an exchange tried", () => {
  it("is in its line of the log, failure by failure", async () => {
    upstream.behave(answerJson({ error: { message: `wrong key ${KEYS.one}` } }, 401));
    await openai().chat.completions.create(ask("smart"));
    const record = gateway.records().findLast(({ msg }) => msg === "exchange");
    const failed = record?.failed_attempts as Record<string, unknown>[];
    expect(record).toMatchObject({ target: "b/n", attempts: failed.length + 1, lane: "verbatim" });
    expect(failed[0]).toMatchObject({
      target: "a/m",
      kind: "first",
      credential: "one",
      lane: "verbatim",
      status: 401,
      error: "provider_unauthenticated",
      duration_ms: expect.any(Number) as number,
      next: expect.stringMatching(/\w/) as string,
    });
    expect(JSON.stringify(record)).not.toContain(KEYS.one);
  });

  it("is told by RPC with its credentials and what followed", async () => {
    upstream.behave(answerJson({ error: { message: "no" } }, 500));
    spare.behave(answerJson({ error: { message: "no" } }, 500));
    const client = createClient(CompletionService, createGrpcTransport({ baseUrl: gateway.url }));
    const messages = [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] }];
    const error = ConnectError.from(await thrownBy(() => client.complete({ chat: { model: "smart", messages } })));
    const [detail] = error.findDetails(ErrorDetailSchema);
    const [first, last] = detail?.attempts ?? [];
    expect(first).toMatchObject({ target: "a/m", code: ErrorCode.PROVIDER_ERROR, status: 500 });
    expect(first?.credential).toMatch(/^(?:one|two)$/);
    expect(first?.next).toContain("next");
    expect(last).toMatchObject({
      target: "b/n",
      next: expect.stringMatching(/^none: no other target is left/) as string,
    });
  });
});

const CASES: readonly (readonly [string, Behaviour, { stream: boolean; http: number; rpc: Code; type: string }])[] = [
  [
    "stream_unfinished",
    answerSse(stream.slice(0, stream.indexOf("data:", 10))),
    { stream: true, http: 502, rpc: Code.Unavailable, type: "api_error" },
  ],
  [
    "stream_stalled",
    (_request, response) =>
      void response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write(stream.slice(0, stream.indexOf("data:", 10))),
    { stream: true, http: 504, rpc: Code.DeadlineExceeded, type: "timeout_error" },
  ],
  ["malformed_answer", answerJson('{"id": '), { stream: false, http: 502, rpc: Code.Unavailable, type: "api_error" }],
  [
    "wrong_content_type",
    (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>hi</p>"),
    { stream: false, http: 502, rpc: Code.Unavailable, type: "api_error" },
  ],
];

describe("an answer that is none raises, in the SDK of its caller, the class of its status:", () => {
  it.each(CASES)("%s", async (code, behaviour, told) => {
    upstream.behave(behaviour);
    const body = { ...ask("a/m"), stream: told.stream };
    const ofOpenAi = await thrownBy(() => openai().chat.completions.create(body));
    expect(ofOpenAi).toBeInstanceOf(OpenAI.InternalServerError);
    expect(ofOpenAi).toMatchObject({ status: told.http, code, type: told.type });

    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
    const ofAnthropic = await thrownBy(() => anthropic.messages.create({ ...body, max_tokens: 9 }));
    expect(ofAnthropic).toBeInstanceOf(Anthropic.InternalServerError);
    expect(ofAnthropic).toMatchObject({ status: told.http, error: { error: { type: told.type } } });

    const google = new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: gateway.url } });
    const request = { model: "a/m", contents: "Hi" };
    const ofGoogle = await thrownBy(() =>
      told.stream ? google.models.generateContentStream(request) : google.models.generateContent(request),
    );
    expect(ofGoogle).toBeInstanceOf(ApiError);
    expect(ofGoogle).toMatchObject({ status: told.http });
    expect((ofGoogle as Error).message).toContain(code.toUpperCase());

    const client = createClient(CompletionService, createGrpcTransport({ baseUrl: gateway.url }));
    const chat = {
      model: "a/m",
      messages: [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text: "Hi" } } }] }],
    };
    const ofRpc = ConnectError.from(
      await thrownBy(async () => {
        if (!told.stream) await client.complete({ chat });
        else for await (const { chunk } of client.streamComplete({ chat })) expect(chunk).toBeUndefined();
      }),
    );
    expect(ofRpc.code).toBe(told.rpc);
    const [detail] = ofRpc.findDetails(ErrorDetailSchema);
    expect(ErrorCode[detail?.code ?? 0]?.toLowerCase()).toBe(code);
  });
});
