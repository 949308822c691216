import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startTestGateway, type TestGateway } from "../../../test/kits/gateway.js";
import { openAiAnswer, openAiStream } from "../../../test/kits/openai-wire.js";
import { connectRpc, enveloped, openAll } from "../../../test/kits/raw-rpc.js";
import { type Call, grpcStub, type Stub } from "../../../test/kits/standard-services.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../../../test/kits/upstream.js";
import {
  CompleteRequestSchema,
  CompleteResponseSchema,
  CompletionService,
  StreamCompleteResponseSchema,
} from "../../gen/parlance/v1/completion_service_pb.js";
import { Role } from "../../sdk/index.js";

const COMPLETE = "/parlance.v1.CompletionService/Complete";
const STREAM = "/parlance.v1.CompletionService/StreamComplete";
const MEGABYTES_10 = 10 * 1024 * 1024;
const SCRIPT = { text: "one two three", finish: "stop", inputTokens: 1, outputTokens: 3 } as const;
const whole = openAiStream(SCRIPT);
const half = whole.slice(0, whole.indexOf("data:", whole.indexOf("one")));

let upstream: TestUpstream;
let gateway: TestGateway;
/** Calls that ended at the provider before it had answered. */
let givenUp: number;

beforeEach(async () => {
  givenUp = 0;
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1" } }
models: { smart: { targets: [{ provider: up, model: m }] } }
`);
});

afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});

const chat = (text: string) => ({
  model: "smart",
  messages: [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text } } }] }],
});
const bytesOf = (text: string): Buffer =>
  enveloped(toBinary(CompleteRequestSchema, create(CompleteRequestSchema, { chat: chat(text) })));
const grpc = { "content-type": "application/grpc" };

/** Never answers; with `begun`, begins to stream first. */
const stall =
  (begun: boolean) =>
  (_request: unknown, response: ServerResponse): void => {
    response.on("close", () => {
      givenUp += 1;
    });
    if (!begun) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(half);
  };

const transports = [
  ["gRPC", () => createGrpcTransport({ baseUrl: gateway.url })],
  ["gRPC-Web over HTTP/1.1", () => createGrpcWebTransport({ baseUrl: gateway.url, httpVersion: "1.1" })],
  ["Connect over HTTP/1.1", () => createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" })],
  ["Connect over HTTP/2", () => createConnectTransport({ baseUrl: gateway.url, httpVersion: "2" })],
] as const;

describe.each(transports)("a client over %s", (_name, transport) => {
  it("that leaves takes its call to the provider with it", async () => {
    const client = createClient(CompletionService, transport());
    upstream.behave(stall(false));
    const leave = new AbortController();
    const call = client.complete({ chat: chat("Hi") }, { signal: leave.signal });
    await vi.waitFor(() => expect(upstream.seen).toHaveLength(1));
    expect(givenUp).toBe(0);
    leave.abort();
    await expect(call).rejects.toMatchObject({ code: Code.Canceled });
    await vi.waitFor(() => expect(givenUp).toBe(1));
    await vi.waitFor(() => expect(gateway.records()).toMatchObject([{ msg: "exchange", error: "cancelled" }]));
  });

  it("that leaves in the middle of a stream takes its call to the provider with it", async () => {
    const client = createClient(CompletionService, transport());
    upstream.behave(stall(true));
    const leave = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _ of client.streamComplete({ chat: chat("Hi") }, { signal: leave.signal })) leave.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: Code.Canceled });
    await vi.waitFor(() => expect(givenUp).toBe(1));
    await vi.waitFor(() => expect(gateway.records()).toMatchObject([{ msg: "exchange", error: "cancelled" }]));
  });
});

describe("a deadline", () => {
  // The clients of these protocols watch the clock themselves, so that a server's own answer shows only on the wire.
  it("that passes before the answer ends a gRPC call in headers alone", async () => {
    upstream.behave(stall(false));
    const rpc = connectRpc(gateway.url);
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-timeout": "120m" }, [bytesOf("Hi")]);
    expect(answer.headersOnly).toBe(true);
    expect(answer.headers).toMatchObject({ "grpc-status": "4", "x-parlance-attempts": "1" });
    rpc.close();
    await vi.waitFor(() => expect(givenUp).toBe(1));
  });

  it("that passes after the first message ends a gRPC call in trailers", async () => {
    upstream.behave(stall(true));
    const rpc = connectRpc(gateway.url);
    const answer = await rpc.call(STREAM, { ...grpc, "grpc-timeout": "300m" }, [bytesOf("Hi")]);
    expect(answer.headersOnly).toBe(false);
    expect(openAll(answer.body).length).toBeGreaterThan(0);
    expect(answer.trailers).toMatchObject({ "grpc-status": "4", "x-request-id": answer.headers["x-request-id"] });
    rpc.close();
    await vi.waitFor(() => expect(givenUp).toBe(1));
  });

  it("is on the record as one where the client's own clock ends the call before the gateway's does", async () => {
    upstream.behave(stall(false));
    const client = createClient(CompletionService, createGrpcTransport({ baseUrl: gateway.url }));
    await expect(client.complete({ chat: chat("Hi") }, { timeoutMs: 150 })).rejects.toMatchObject({
      code: Code.DeadlineExceeded,
    });
    await vi.waitFor(() => expect(gateway.records()).toMatchObject([{ error: "deadline_exceeded", attempts: 1 }]));
    expect(givenUp).toBe(1);
  });

  it("that passes while the request is still coming ends the call, on the record", async () => {
    const rpc = connectRpc(gateway.url);
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-timeout": "80m" }, [bytesOf("Hi").subarray(0, 9)], "open");
    expect(answer.headers["grpc-status"]).toBe("4");
    expect(gateway.records()).toMatchObject([{ msg: "refused", error: "deadline_exceeded" }]);
    expect(upstream.seen).toHaveLength(0);
    rpc.close();
  });

  it("that has passed already starts nothing", async () => {
    const rpc = connectRpc(gateway.url);
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-timeout": "1n" }, [bytesOf("Hi")]);
    expect(answer.headers["grpc-status"]).toBe("4");
    expect(upstream.seen).toHaveLength(0);
    rpc.close();
  });

  it("that passes ends a Connect call, whole and streamed", async () => {
    upstream.behave(stall(false));
    const post = (path: string, type: string, body: Buffer): Promise<Response> =>
      fetch(gateway.url + path, {
        method: "POST",
        headers: { "content-type": type, "connect-timeout-ms": "100" },
        body: new Uint8Array(body),
      });
    const request = Buffer.from(
      JSON.stringify({
        chat: { model: "smart", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
      }),
    );
    const whole = await post(COMPLETE, "application/json", request);
    expect(whole.status).toBe(504);
    expect(await whole.json()).toMatchObject({ code: "deadline_exceeded" });
    const streamed = await post(STREAM, "application/connect+json", enveloped(request));
    const [end] = openAll(Buffer.from(await streamed.arrayBuffer()));
    expect(JSON.parse(String(end?.content))).toMatchObject({ error: { code: "deadline_exceeded" } });
  });

  it("of the message counts when it is the shorter one", async () => {
    upstream.behave(stall(false));
    const client = createClient(CompletionService, createGrpcTransport({ baseUrl: gateway.url }));
    const asked = { ...chat("Hi"), routing: { timeout: { seconds: 0n, nanos: 100_000_000 } } };
    const failing = client.complete({ chat: asked }, { timeoutMs: 20_000 });
    await expect(failing).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  });
});

describe("a request that stalls for longer than a body may take", () => {
  it.each([
    ["gRPC", grpc, bytesOf("Hi").subarray(0, 9)],
    ["Connect", { "content-type": "application/json" }, Buffer.from('{"chat":')],
  ])("is told that its time is over, on the record, over %s", async (_name, headers, piece) => {
    const strict = await startTestGateway("server: { port: 0, body_timeout: 100ms }\nproviders: { simulator: {} }");
    const rpc = connectRpc(strict.url);
    const answer = await rpc.call(COMPLETE, headers, [piece], "open");
    if (headers === grpc) expect(answer.headers["grpc-status"]).toBe("4");
    else expect(JSON.parse(String(answer.body))).toMatchObject({ code: "deadline_exceeded" });
    expect(strict.records()).toMatchObject([{ msg: "refused", error: "deadline_exceeded", path: COMPLETE }]);
    rpc.close();
    await strict.stop();
  });
});

describe("messages of 10 MB", () => {
  const text = "0123456789abcdé".repeat(MEGABYTES_10 / 16);

  it.each(transports)("pass both ways over %s", async (_name, transport) => {
    upstream.behave(answerJson(openAiAnswer({ ...SCRIPT, text })));
    const client = createClient(CompletionService, transport());
    const { completion } = await client.complete({ chat: chat(text) });
    const kind = completion?.choices[0]?.message?.parts[0]?.kind;
    expect(kind?.case === "text" && kind.value.text === text).toBe(true);
    const [seen] = (upstream.seen[0]?.json().messages ?? []) as { content: unknown }[];
    expect(JSON.stringify(seen).includes(text)).toBe(true);
  });

  it("pass in one event of a stream", async () => {
    const long = whole.replace('"content":" two"', `"content":"${text}"`);
    expect(long.length).toBeGreaterThan(text.length);
    upstream.behave(answerSse(long));
    const rpc = connectRpc(gateway.url);
    const answer = await rpc.call(STREAM, grpc, [bytesOf("Hi")]);
    const texts = openAll(answer.body).map(({ content }) => {
      const event = fromBinary(StreamCompleteResponseSchema, content).chunk?.event;
      return event?.case === "textDelta" ? event.value.text : "";
    });
    expect(texts.join("") === `one${text} three`).toBe(true);
    expect(answer.trailers["grpc-status"]).toBe("0");
    rpc.close();
  });
});

describe("one connection", () => {
  it("carries 1,000 streams at once, and each gets its own answer", async () => {
    const behave = answerSse(whole, [400]);
    const waiting: (() => void)[] = [];
    upstream.behave((request, response) => {
      // None is answered before all have come.
      waiting.push(() => void behave(request, response));
      if (waiting.length === 1000) for (const answer of waiting) answer();
    });
    const rpc = connectRpc(gateway.url);
    await once(rpc.session, "remoteSettings");
    const answers = await Promise.all(Array.from({ length: 1000 }, () => rpc.call(STREAM, grpc, [bytesOf("Hi")])));
    const ids = new Set(answers.map(({ headers }) => headers["x-request-id"]));
    expect(ids.size).toBe(1000);
    for (const { body, trailers } of answers) {
      expect(trailers["grpc-status"]).toBe("0");
      const last = openAll(body).at(-1)?.content ?? Buffer.alloc(0);
      expect(fromBinary(StreamCompleteResponseSchema, last).chunk?.event.case).toBe("completionEnd");
    }
    rpc.close();
  });

  it("goes on after a call on it was reset in the middle of its request", async () => {
    upstream.behave(answerJson(openAiAnswer(SCRIPT)));
    const rpc = connectRpc(gateway.url);
    const stream = rpc.session.request({ ":method": "POST", ":path": COMPLETE, ...grpc });
    stream.on("error", () => {});
    stream.write(bytesOf("Hi").subarray(0, 7));
    await new Promise((resolve) => setTimeout(resolve, 20));
    // Not `close`, which ends the request before it resets it.
    stream.destroy(new Error("gone"));
    await new Promise((resolve) => stream.once("close", resolve));
    const answer = await rpc.call(COMPLETE, grpc, [bytesOf("Hi")]);
    expect(answer.trailers["grpc-status"]).toBe("0");
    expect(
      fromBinary(CompleteResponseSchema, openAll(answer.body)[0]?.content ?? Buffer.alloc(0)).completion?.usage,
    ).toMatchObject({ inputTokens: 1, outputTokens: 3 });
    expect(gateway.records()).toHaveLength(1);
    rpc.close();
  });
});

describe("a client of @grpc/grpc-js", () => {
  let stub: Stub;

  beforeEach(async () => {
    const { port } = new URL(gateway.url);
    stub = await grpcStub(Number(port), "parlance/v1/completion_service.proto", "parlance.v1.CompletionService");
  });

  afterEach(() => stub.close());

  const asked = { chat: { model: "smart", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] } };
  const errorOf = (call: Call): Promise<ServiceError> => new Promise((resolve) => call.on("error", resolve));

  it("reads a message of an error as it was said", async () => {
    const message = "100 %, a/b?c=d&e+f; über\tTab\r\nnext: 你好 👋";
    upstream.behave(answerJson({ error: { message, type: "x", param: null, code: null } }, 400));
    const error = await new Promise<ServiceError>((resolve) => {
      stub.complete?.(asked, (failed: ServiceError) => resolve(failed));
    });
    expect(error.code).toBe(3);
    expect(error.details).toBe(message);
    expect(error.metadata.get("x-request-id")).toHaveLength(1);
  });

  it("is told of an error that is too long for headers in part, and of its code in full", async () => {
    const message = "Zu lang: 你好. ".repeat(50_000);
    upstream.behave(answerJson({ error: { message, type: "x", param: "messages", code: null } }, 400));
    const error = await new Promise<ServiceError>((resolve) => {
      stub.complete?.(asked, (failed: ServiceError) => resolve(failed));
    });
    expect(error.code).toBe(3);
    expect(message.startsWith(error.details.replace(/…$/, "").slice(0, 50))).toBe(true);
    expect(error.metadata.get("grpc-status-details-bin")).toHaveLength(1);
  });

  it("that cancels ends its call at the provider", async () => {
    upstream.behave(stall(true));
    const call = stub.streamComplete?.(asked) as Call;
    const failed = errorOf(call);
    await once(call, "data");
    call.cancel();
    expect((await failed).code).toBe(1);
    await vi.waitFor(() => expect(givenUp).toBe(1));
  });
});
