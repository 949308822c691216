import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway("server: { port: 0, max_body_bytes: 4096 }\nproviders: { simulator: {} }");
});

afterAll(async () => {
  await gateway.stop();
});

interface Refused {
  readonly method?: string;
  readonly path: string;
  readonly type?: string;
  readonly coding?: string;
  readonly body?: string;
  readonly status: number;
  readonly message: RegExp;
  readonly param?: string;
  readonly error: string;
}

const CHAT = "/v1/chat/completions";
const chat = (members: object): string =>
  JSON.stringify({ model: "simulator/echo", messages: [{ role: "user", content: "Hi" }], ...members });

const refused: Record<string, Refused> = {
  "malformed JSON": {
    path: CHAT,
    body: '{"model": "simulator/echo", "messages": [}',
    status: 400,
    message: /not a JSON object.*column|not a JSON object.*position|not a JSON object/,
    error: "invalid_request",
  },
  "no body": { path: CHAT, body: "", status: 400, message: /body/, error: "invalid_request" },
  "a body that is no object": { path: CHAT, body: "[1]", status: 400, message: /object/, error: "invalid_request" },
  "another content type": {
    path: CHAT,
    type: "text/plain",
    body: chat({}),
    status: 400,
    message: /application\/json/,
    param: "content-type",
    error: "invalid_request",
  },
  "too large a body": {
    path: CHAT,
    body: chat({ user: "x".repeat(5000) }),
    status: 413,
    message: /max_body_bytes/,
    error: "request_too_large",
  },
  "a name that is too long for a model": {
    path: CHAT,
    body: chat({ model: "x".repeat(2000) }),
    status: 400,
    message: /^model is longer than 1000 characters\.$/,
    param: "model",
    error: "invalid_request",
  },
  "no model": {
    path: CHAT,
    body: '{"messages":[]}',
    status: 400,
    message: /model is required/,
    param: "model",
    error: "invalid_request",
  },
  "a model that is no string": {
    path: CHAT,
    body: chat({ model: 7 }),
    status: 400,
    message: /model/,
    param: "model",
    error: "invalid_request",
  },
  "two models": {
    path: CHAT,
    body: '{"model":"simulator/echo","messages":[],"model":"simulator/lorem"}',
    status: 400,
    message: /more than once/,
    param: "model",
    error: "invalid_request",
  },
  "a compressed body": {
    path: CHAT,
    coding: "gzip",
    body: chat({}),
    status: 400,
    message: /compressed as "gzip"/,
    param: "content-encoding",
    error: "invalid_request",
  },
  "a stream that is no boolean": {
    path: CHAT,
    body: chat({ stream: "yes" }),
    status: 400,
    message: /stream/,
    param: "stream",
    error: "invalid_request",
  },
  "a model that nobody has": {
    path: CHAT,
    body: chat({ model: "simulatr/echo" }),
    status: 404,
    message: /simulator\/echo/,
    param: "model",
    error: "model_not_found",
  },
  "a model that nobody has, to embed": {
    path: "/v1/embeddings",
    body: '{"model":"no-such","input":"x"}',
    status: 404,
    message: /no-such/,
    param: "model",
    error: "model_not_found",
  },
  "an unknown path": {
    path: "/v1/nothing?key=secret",
    body: "{}",
    status: 404,
    message: /\/v1\/nothing/,
    error: "not_found",
  },
  "a path that is none": {
    path: "/v1/%zz",
    body: "{}",
    status: 400,
    message: /\/v1\/%zz/,
    error: "invalid_request",
  },
  "another method": { method: "PUT", path: CHAT, body: "{}", status: 404, message: /PUT/, error: "not_found" },
  "an unknown model of the list": {
    method: "GET",
    path: "/v1/models/simulatr/echo",
    status: 404,
    message: /simulator\/echo/,
    error: "model_not_found",
  },
};

describe("an OpenAI client is told, in its own dialect and on the record, of", () => {
  it.each(Object.entries(refused))("%s", async (_name, asked) => {
    const before = gateway.records().length;
    const answer = await fetch(gateway.url + asked.path, {
      method: asked.method ?? "POST",
      headers: {
        "content-type": asked.type ?? "application/json",
        ...(asked.coding && { "content-encoding": asked.coding }),
      },
      ...(asked.body !== undefined && { body: asked.body }),
    });
    expect(answer.status).toBe(asked.status);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect(error.message).toMatch(asked.message);
    expect(error.type).toBe("invalid_request_error");
    if (asked.param !== undefined) expect(error.param).toBe(asked.param);
    const records = gateway.records().slice(before);
    expect(records).toEqual([
      expect.objectContaining({ request_id: answer.headers.get("x-request-id"), error: asked.error }),
    ]);
    expect(JSON.stringify(records)).not.toContain("secret");
  });
});

describe("a path that is none is told in the dialect of whoever asks for it:", () => {
  it.each<[string, string, Record<string, string>, object]>([
    ["Gemini", "/v1beta/models/%zz:generateContent", {}, { error: { code: 400, status: "INVALID_ARGUMENT" } }],
    ["Anthropic", "/v1/messages/%zz", {}, { type: "error", error: { type: "invalid_request_error" } }],
    [
      "Anthropic, passed on",
      "/anthropic/v1/files/%zz",
      {},
      { type: "error", error: { type: "invalid_request_error" } },
    ],
    ["Anthropic's models", "/v1/models/%zz", { "anthropic-version": "2023-06-01" }, { type: "error" }],
    ["OpenAI, passed on", "/openai/v1/files/%zz", {}, { error: { type: "invalid_request_error", param: null } }],
  ])("%s", async (_name, path, headers, told) => {
    const answer = await fetch(gateway.url + path, { headers });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject(told);
  });
});

describe("a count that is out of its bounds is told with its value by", () => {
  const messages = [{ role: "user", content: "Hi" }];
  const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
  it.each([
    ["Anthropic", "/v1/messages", { model: "simulator/echo", max_tokens: 3e9, messages }],
    [
      "Gemini",
      "/v1beta/models/simulator/echo:generateContent",
      { contents, generationConfig: { maxOutputTokens: 3e9 } },
    ],
  ])("%s", async (_name, path, body) => {
    const answer = await fetch(gateway.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/must be a whole number from 0 to 2147483647, but is 3000000000\./);
  });
});

it("what is no HTTP is told so in JSON, and is on the record", async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString()));
  socket.end("hello\r\n\r\n");
  await once(socket, "close");
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  const { error } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ type: "invalid_request_error", param: null, code: null });
  expect(gateway.records().at(-1)).toMatchObject({ msg: "refused", error: "invalid_request" });
});

describe("a Connect client is told, on the record, of", () => {
  it.each([
    ["no model", { chat: { messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] } }, /model/],
    ["no chat", {}, /chat is required/],
  ])("%s", async (_name, body, message) => {
    const before = gateway.records().length;
    const answer = await fetch(`${gateway.url}/parlance.v1.CompletionService/Complete`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(400);
    expect((await answer.json()) as object).toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message) as string,
    });
    expect(gateway.records().slice(before)).toEqual([
      expect.objectContaining({
        door: "rpc",
        path: "/parlance.v1.CompletionService/Complete",
        error: "invalid_request",
      }),
    ]);
  });
});
