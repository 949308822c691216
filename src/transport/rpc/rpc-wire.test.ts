import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary, toJsonString } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../../../test/kits/gateway.js";
import { openAiAnswer, openAiStream } from "../../../test/kits/openai-wire.js";
import { connectRpc, enveloped, openAll, type RawAnswer, type RawRpc } from "../../../test/kits/raw-rpc.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../../../test/kits/upstream.js";
import { StatusSchema } from "../../gen/google/rpc/status_pb.js";
import {
  CompleteRequestSchema,
  CompleteResponseSchema,
  StreamCompleteResponseSchema,
} from "../../gen/parlance/v1/completion_service_pb.js";
import { Role } from "../../sdk/index.js";

const COMPLETE = "/parlance.v1.CompletionService/Complete";
const STREAM = "/parlance.v1.CompletionService/StreamComplete";
const MAX_BYTES = 4096;
const SCRIPT = { text: "one two three", finish: "stop", inputTokens: 1, outputTokens: 3 } as const;

let upstream: TestUpstream;
let gateway: TestGateway;
let rpc: RawRpc;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    const behave = request.json().stream === true ? answerSse(openAiStream(SCRIPT)) : answerJson(openAiAnswer(SCRIPT));
    return behave(request, response);
  });
  gateway = await startTestGateway(`
server: { port: 0, max_body_bytes: ${MAX_BYTES} }
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1" } }
models: { smart: { targets: [{ provider: up, model: m }] } }
`);
  rpc = connectRpc(gateway.url);
});

afterAll(async () => {
  rpc.close();
  await gateway.stop();
  await upstream.close();
});

const requestOf = (text: string) =>
  create(CompleteRequestSchema, {
    chat: { model: "smart", messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text } } }] }] },
  });
const bytesOf = (text: string): Buffer => Buffer.from(toBinary(CompleteRequestSchema, requestOf(text)));
const hi = bytesOf("Hi");
const grpc = { "content-type": "application/grpc" };

function statusOf({ headers, trailers }: RawAnswer): { status: string | undefined; message: string } {
  const status = (headers["grpc-status"] ?? trailers["grpc-status"]) as string | undefined;
  return { status, message: String(headers["grpc-message"] ?? trailers["grpc-message"]) };
}

describe("a gRPC request", () => {
  it.each([
    ["in one piece", [enveloped(hi)]],
    ["a byte at a time", [...enveloped(hi)].map((byte) => Buffer.of(byte))],
    ["with its head apart", [enveloped(hi).subarray(0, 5), hi]],
    ["with its head in two", [enveloped(hi).subarray(0, 3), enveloped(hi).subarray(3)]],
  ])("is answered: %s", async (_name, pieces) => {
    const answer = await rpc.call(COMPLETE, grpc, pieces);
    expect(answer.headers).toMatchObject({ ":status": 200, "content-type": "application/grpc" });
    expect(answer.trailers["grpc-status"]).toBe("0");
    const [only, ...more] = openAll(answer.body);
    expect(more).toEqual([]);
    expect(only?.flags).toBe(0);
    const { completion } = fromBinary(CompleteResponseSchema, only?.content ?? Buffer.alloc(0));
    expect(completion?.choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ text: "one two three" });
  });

  it.each([
    ["no message", [], "12", /no message/],
    ["two messages", [enveloped(hi), enveloped(hi)], "12", /more than one message/],
    ["half a head", [Buffer.from([0, 0])], "3", /middle of a message/],
    ["half a message", [enveloped(hi).subarray(0, 12)], "3", /middle of a message/],
    ["flags that do not exist", [enveloped(hi, 0x40)], "3", /flags/],
    ["trailers, which are not a client's to send", [enveloped(hi, 0x80)], "3", /flags/],
    ["compression that no header names", [enveloped(gzipSync(hi), 1)], "13", /compressed/],
    ["what is not the message", [enveloped(Buffer.from([0xff, 0xff, 0xff]))], "3", /not a message/],
    ["text that is not UTF-8", [enveloped(Buffer.from([0x0a, 4, 0x0a, 2, 0xc3, 0x28]))], "3", /not a message/],
    ["a message over the limit", [enveloped(bytesOf("x".repeat(MAX_BYTES)))], "8", /max_body_bytes/],
  ])("that holds %s is refused in headers alone, and on the record", async (_name, pieces, status, message) => {
    const before = gateway.records().length;
    const answer = await rpc.call(COMPLETE, grpc, pieces);
    expect(answer.headersOnly).toBe(true);
    expect(answer.headers).toMatchObject({ ":status": 200, "content-type": "application/grpc" });
    expect(statusOf(answer)).toEqual({ status, message: expect.stringMatching(message) as string });
    const details = fromBinary(StatusSchema, Buffer.from(String(answer.headers["grpc-status-details-bin"]), "base64"));
    expect(details.code).toBe(Number(status));
    expect(details.details[0]?.typeUrl).toBe("type.googleapis.com/parlance.v1.ErrorDetail");
    expect(gateway.records().slice(before)).toEqual([
      expect.objectContaining({
        msg: "refused",
        door: "rpc",
        path: COMPLETE,
        request_id: answer.headers["x-request-id"],
      }),
    ]);
  });

  it("over the limit is refused by its head, before the rest comes", async () => {
    const head = Buffer.from([0, 0x10, 0, 0, 0]);
    const answer = await rpc.call(COMPLETE, grpc, [head, Buffer.alloc(100)], "open");
    expect(statusOf(answer).status).toBe("8");
  });

  it("of just the limit is taken", async () => {
    const empty = bytesOf("").length;
    const pad = MAX_BYTES - empty - 10;
    const message = bytesOf("x".repeat(pad));
    expect(message.length).toBeLessThanOrEqual(MAX_BYTES);
    expect(message.length).toBeGreaterThan(MAX_BYTES - 10);
    expect(statusOf(await rpc.call(COMPLETE, grpc, [enveloped(message)])).status).toBe("0");
  });

  it("may be gzip", async () => {
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-encoding": "gzip" }, [enveloped(gzipSync(hi), 1)]);
    expect(statusOf(answer).status).toBe("0");
    const plain = await rpc.call(COMPLETE, { ...grpc, "grpc-encoding": "gzip" }, [enveloped(hi)]);
    expect(statusOf(plain).status).toBe("0");
  });

  it("that is no gzip, or grows beyond the limit, is refused", async () => {
    const headers = { ...grpc, "grpc-encoding": "gzip" };
    const broken = await rpc.call(COMPLETE, headers, [enveloped(Buffer.from("no gzip"), 1)]);
    expect(statusOf(broken)).toEqual({ status: "3", message: expect.stringMatching(/gzip/) as string });
    const bomb = await rpc.call(COMPLETE, headers, [enveloped(gzipSync(Buffer.alloc(10 * MAX_BYTES)), 1)]);
    expect(statusOf(bomb).status).toBe("8");
  });

  it("in a compression that is not known is told of those that are", async () => {
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-encoding": "br" }, [enveloped(hi, 1)]);
    expect(statusOf(answer).status).toBe("12");
    expect(answer.headers["grpc-accept-encoding"]).toBe("gzip");
  });

  it.each(["1", "1s", "123456789S", "-1S", "S", "1.5S", ""])("with the timeout %j is refused", async (timeout) => {
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-timeout": timeout }, [enveloped(hi)]);
    expect(statusOf(answer)).toEqual({ status: "3", message: expect.stringMatching(/grpc-timeout/) as string });
  });

  it.each(["99999999H", "30S", "5M", "60000m", "99999999u"])("with the timeout %j is answered", async (timeout) => {
    const answer = await rpc.call(COMPLETE, { ...grpc, "grpc-timeout": timeout }, [enveloped(hi)]);
    expect(statusOf(answer).status).toBe("0");
  });

  it("may bring metadata of any bytes", async () => {
    const odd = { "x-a-bin": "AAECAwT/", "x-b": "tab\tand %ff", "x-c": "\u00e9\u00ff", "grpc-trace-bin": "!!" };
    const answer = await rpc.call(COMPLETE, { ...grpc, ...odd }, [enveloped(hi)]);
    expect(statusOf(answer).status).toBe("0");
  });

  it("that streams is answered by the events of the stream and its status", async () => {
    const answer = await rpc.call(STREAM, { "content-type": "application/grpc+proto" }, [enveloped(hi)]);
    expect(answer.headers["content-type"]).toBe("application/grpc+proto");
    const events = openAll(answer.body).map(
      ({ content }) => fromBinary(StreamCompleteResponseSchema, content).chunk?.event.case,
    );
    expect(events[0]).toBe("completionStart");
    expect(events.at(-1)).toBe("completionEnd");
    expect(statusOf(answer).status).toBe("0");
  });
});

describe("gRPC-Web as text", () => {
  const text = { "content-type": "application/grpc-web-text" };
  const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString("base64"));
  const decoded = ({ body }: RawAnswer): Buffer =>
    Buffer.concat((body.toString("latin1").match(/[^=]+=*/g) ?? []).map((piece) => Buffer.from(piece, "base64")));

  it.each([
    ["at once", [base64(enveloped(hi))]],
    ["in padded pieces", [base64(enveloped(hi).subarray(0, 5)), base64(hi.subarray(0, 4)), base64(hi.subarray(4))]],
  ])("is read and answered, sent %s", async (_name, pieces) => {
    for (const path of [COMPLETE, STREAM]) {
      const answer = await rpc.call(path, text, pieces);
      expect(answer.headers["content-type"]).toBe("application/grpc-web-text+proto");
      const envelopes = openAll(decoded(answer));
      expect(envelopes.length).toBeGreaterThan(1);
      expect(envelopes.at(-1)?.flags).toBe(0x80);
      expect(envelopes.at(-1)?.content.toString()).toBe("grpc-status: 0\r\n");
      expect(envelopes.slice(0, -1).every(({ flags }) => flags === 0)).toBe(true);
    }
  });

  it("is refused in an envelope of trailers when it is no base64", async () => {
    const answer = await rpc.call(COMPLETE, text, [Buffer.from("*not base64*")]);
    const [trailers] = openAll(decoded(answer));
    expect(trailers?.flags).toBe(0x80);
    expect(trailers?.content.toString()).toMatch(/grpc-status: 3\r\ngrpc-message: [^\r\n]*base64/);
  });
});

describe("a Connect request", () => {
  const json = { "content-type": "application/json" };
  const ask = Buffer.from(toJsonString(CompleteRequestSchema, requestOf("Hi")));
  const errorOf = ({ body }: RawAnswer) => JSON.parse(body.toString()) as Record<string, unknown>;

  it.each([
    ["what is no JSON", json, Buffer.from("{"), 400, "invalid_argument"],
    ["nothing", json, Buffer.alloc(0), 400, "invalid_argument"],
    ["a field of another type", json, Buffer.from('{"chat":{"model":7}}'), 400, "invalid_argument"],
    ["a body over the limit", json, Buffer.alloc(MAX_BYTES + 1, " "), 429, "resource_exhausted"],
    ["a compression that is not known", { ...json, "content-encoding": "br" }, ask, 501, "unimplemented"],
    ["no gzip", { ...json, "content-encoding": "gzip" }, ask, 400, "invalid_argument"],
    ["a later version", { ...json, "connect-protocol-version": "2" }, ask, 400, "invalid_argument"],
    ["a timeout that is none", { ...json, "connect-timeout-ms": "5s" }, ask, 400, "invalid_argument"],
    ["a timeout of eleven digits", { ...json, "connect-timeout-ms": "10000000000" }, ask, 400, "invalid_argument"],
  ])("with %s is refused as an HTTP status and Connect's JSON", async (_name, headers, body, status, code) => {
    const answer = await rpc.call(COMPLETE, headers, [body]);
    expect(answer.headers).toMatchObject({ ":status": status, "content-type": "application/json" });
    expect(errorOf(answer)).toMatchObject({ code, message: expect.any(String) as string });
    const details = errorOf(answer).details as { type: string; value: string; debug: object }[];
    expect(details[0]?.type).toBe("parlance.v1.ErrorDetail");
    expect(details[0]?.debug).toMatchObject({ requestId: answer.headers["x-request-id"] });
  });

  it("may leave unknown fields, name its charset, and be gzip", async () => {
    const later = Buffer.from(ask.toString().replace("{", '{"later":1,'));
    const headers = { "content-type": "Application/JSON; charset=utf-8", "content-encoding": "gzip" };
    const answer = await rpc.call(COMPLETE, headers, [gzipSync(later)]);
    expect(answer.headers[":status"]).toBe(200);
    expect(errorOf(answer)).toHaveProperty("completion");
  });

  it("that streams ends with an envelope that says how", async () => {
    const headers = { "content-type": "application/connect+json" };
    const good = openAll((await rpc.call(STREAM, headers, [enveloped(ask)])).body);
    expect(good.at(-1)).toEqual({ flags: 2, content: Buffer.from("{}") });
    const answer = await rpc.call(STREAM, headers, [enveloped(Buffer.from("{}"))]);
    expect(answer.headers[":status"]).toBe(200);
    const [end] = openAll(answer.body);
    expect(end?.flags).toBe(2);
    expect(JSON.parse(String(end?.content))).toMatchObject({
      error: { code: "invalid_argument", message: expect.stringMatching(/chat is required/) as string },
    });
  });
});

describe("a request that is no call", () => {
  it.each([
    ["of another method", COMPLETE, { ":method": "GET", "content-type": "application/json" }, 405, "allow", /POST/],
    ["of another type", COMPLETE, { "content-type": "text/plain" }, 415, "accept-post", /application\/grpc/],
    ["of no type", COMPLETE, {}, 415, "accept-post", /application\/json/],
    [
      "of a stream's type, for a whole answer",
      COMPLETE,
      { "content-type": "application/connect+json" },
      415,
      "accept-post",
      /json/,
    ],
    [
      "of a whole answer's type, for a stream",
      STREAM,
      { "content-type": "application/json" },
      415,
      "accept-post",
      /connect\+json/,
    ],
    [
      "in another charset",
      COMPLETE,
      { "content-type": "application/json; charset=latin1" },
      415,
      "accept-post",
      /json/,
    ],
  ])("is turned away in plain HTTP: one %s", async (_name, path, headers, status, header, says) => {
    const before = gateway.records().length;
    const pieces = headers[":method" as never] === "GET" ? [] : [Buffer.from("{}")];
    const answer = await rpc.call(path, headers, pieces);
    expect(answer.headers[":status"]).toBe(status);
    expect(answer.headers[header]).toMatch(says);
    expect(gateway.records().slice(before)).toMatchObject([{ msg: "refused", door: "rpc", path }]);
  });
});

describe("over HTTP/1.1", () => {
  it("gRPC is answered with trailers as well", async () => {
    const { port, hostname } = new URL(gateway.url);
    const trailers = await new Promise<NodeJS.Dict<string>>((resolve, reject) => {
      const request = httpRequest({
        port,
        hostname,
        path: COMPLETE,
        method: "POST",
        headers: { ...grpc, te: "trailers" },
      });
      request.on("response", (response) => {
        response.resume();
        response.on("end", () => resolve(response.trailers));
      });
      request.on("error", reject);
      request.end(enveloped(hi));
    });
    expect(trailers["grpc-status"]).toBe("0");
  });

  it("a refusal before the end of the body leaves the connection fit for the next call", async () => {
    const { port, hostname } = new URL(gateway.url);
    const { Agent } = await import("node:http");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const post = (body: Buffer): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { "content-type": "application/json" };
        const request = httpRequest({ agent, port, hostname, path: COMPLETE, method: "POST", headers });
        request.on("response", (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        });
        request.on("error", reject);
        request.end(body);
      });
    expect(await post(Buffer.alloc(300_000, " "))).toBe(429);
    expect(await post(Buffer.from(toJsonString(CompleteRequestSchema, requestOf("Hi"))))).toBe(200);
    agent.destroy();
  });
});
