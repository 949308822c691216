import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../../../test/kits/gateway.js";
import { openAiAnswer, openAiStream } from "../../../test/kits/openai-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../../../test/kits/upstream.js";
import { BadRequestSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { CompletionService } from "../../gen/parlance/v1/completion_service_pb.js";
import { ErrorCode, ErrorDetailSchema } from "../../gen/parlance/v1/error_details_pb.js";
import { Role } from "../../sdk/index.js";

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k } }
models: { smart: { targets: [{ provider: up, model: upstream-model }] } }
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const SCRIPT = { text: "Grüße, 你好 👋 — done.", finish: "stop", inputTokens: 4, outputTokens: 9 } as const;
const chat = (text: string, model = "smart") => ({
  model,
  messages: [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text } } }] }],
});

const gzip = { sendCompression: compressionGzip, acceptCompression: [compressionGzip], compressMinBytes: 0 };
const transports: [string, (baseUrl: string) => Transport][] = [
  ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
  ["gRPC in JSON", (baseUrl) => createGrpcTransport({ baseUrl, useBinaryFormat: false })],
  ["gRPC with gzip", (baseUrl) => createGrpcTransport({ baseUrl, ...gzip })],
  ["gRPC-Web over HTTP/1.1", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
  ["gRPC-Web over HTTP/2", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
  ["gRPC-Web in JSON", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false })],
  ["gRPC-Web with gzip", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1", ...gzip })],
  ["gRPC-Web as browsers do", (baseUrl) => web.createGrpcWebTransport({ baseUrl })],
  ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
  ["Connect over HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
  ["Connect in JSON", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false })],
  ["Connect with gzip", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", ...gzip })],
  [
    "Connect in JSON with gzip",
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, ...gzip }),
  ],
  ["Connect as browsers do", (baseUrl) => web.createConnectTransport({ baseUrl })],
];

describe.each(transports)("the completion service over %s", (_name, transport) => {
  const connect = () => createClient(CompletionService, transport(gateway.url));

  it("answers whole, and tells of the answer in its headers", async () => {
    upstream.behave(answerJson(openAiAnswer(SCRIPT)));
    let headers = new Headers();
    const { completion } = await connect().complete(
      { chat: chat("x".repeat(3000)) },
      { headers: { "x-odd-bin": "AP8", "x-odd": "naïve %zz \t;" }, onHeader: (came) => (headers = came) },
    );
    expect(completion?.choices[0]?.message?.parts[0]?.kind).toMatchObject({
      case: "text",
      value: { text: SCRIPT.text },
    });
    expect(completion?.usage).toMatchObject({ inputTokens: 4, outputTokens: 9 });
    expect(completion?.attempts).toMatchObject([{ target: "up/upstream-model", status: 200 }]);
    expect(JSON.stringify(upstream.seen.at(-1)?.json())).toContain("x".repeat(3000));
    expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(headers.get("x-parlance-provider")).toBe("up");
    expect(headers.get("x-parlance-attempts")).toBe("1");
    expect(headers.get("x-parlance-config-version")).not.toBeNull();
  });

  it("streams, and tells of the answer in its headers", async () => {
    upstream.behave(answerSse(openAiStream(SCRIPT), [300, 1, 77]));
    let headers = new Headers();
    let text = "";
    const events: (string | undefined)[] = [];
    const stream = connect().streamComplete({ chat: chat("Hi") }, { onHeader: (came) => (headers = came) });
    for await (const { chunk } of stream) {
      events.push(chunk?.event.case);
      if (chunk?.event.case === "textDelta") text += chunk.event.value.text;
    }
    expect(text).toBe(SCRIPT.text);
    expect(events.at(-1)).toBe("completionEnd");
    expect(headers.get("x-parlance-target")).toBe("up/upstream-model");
  });

  it("embeds and counts", async () => {
    const client = connect();
    upstream.behave(
      answerJson({
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: [0.25, -1] }],
        model: "e",
        usage: { prompt_tokens: 2, total_tokens: 2 },
      }),
    );
    const { result } = await client.embed({
      embedding: { model: "smart", inputs: [{ kind: { case: "text", value: "Hi" } }] },
    });
    expect(result?.embeddings).toHaveLength(1);
    const count = await client.countTokens({ chat: chat("Count me in.") });
    expect(count.inputTokens).toBeGreaterThan(0);
    expect(count.estimated).toBe(true);
  });

  it("tells an error with its details, before a stream as well", async () => {
    const message = 'Not 50 % of it:\nnächste Zeile — "你好" 👋, a/b?c=d';
    const refusal = { error: { message, type: "x", param: "temperature", code: null } };
    upstream.behave(answerJson(refusal, 429, { "retry-after": "7" }));
    const client = connect();
    const streamed = async (): Promise<never> => {
      for await (const _ of client.streamComplete({ chat: chat("Hi") })) throw new Error("a message from nowhere");
      throw new Error("no error");
    };
    for (const fail of [() => client.complete({ chat: chat("Hi") }), streamed]) {
      const error = ConnectError.from(await fail().catch((thrown: unknown) => thrown));
      expect(error.code).toBe(Code.ResourceExhausted);
      expect(error.rawMessage).toContain(message);
      const [detail] = error.findDetails(ErrorDetailSchema);
      expect(detail).toMatchObject({ code: ErrorCode.PROVIDER_RATE_LIMITED, provider: "up" });
      expect(detail?.requestId).toMatch(/^req_/);
      expect(detail?.requestId).toBe(error.metadata.get("x-request-id"));
      expect(error.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBe(7n);
    }
  });

  it("refuses a request that names no model, on the record", async () => {
    const refusals = () => gateway.records().filter(({ msg }) => msg === "refused");
    const before = refusals().length;
    const error = ConnectError.from(
      await connect()
        .complete({ chat: chat("Hi", "") })
        .catch((thrown: unknown) => thrown),
    );
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe("chat.model");
    const path = "/parlance.v1.CompletionService/Complete";
    expect(refusals().slice(before)).toEqual([
      expect.objectContaining({ door: "rpc", path, error: "invalid_request" }),
    ]);
  });

  it("tells in the middle of a stream that it broke", async () => {
    const whole = openAiStream(SCRIPT);
    upstream.behave(answerSse(whole.slice(0, whole.lastIndexOf("data:", whole.indexOf("done")))));
    const client = connect();
    let messages = 0;
    const stream = async (): Promise<void> => {
      for await (const _ of client.streamComplete({ chat: chat("Hi") })) messages += 1;
    };
    const error = ConnectError.from(await stream().catch((thrown: unknown) => thrown));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.findDetails(ErrorDetailSchema)[0]?.code).toBe(ErrorCode.STREAM_UNFINISHED);
    expect(messages).toBeGreaterThan(0);
  });
});
