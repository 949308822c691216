import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SCRIPT: Script = { text: "one two three", finish: "stop", inputTokens: 10, outputTokens: 3 };
const KEY = "canary-4f7d1e90";
const HEADER = "canary-header-77";

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
});

beforeEach(async () => {
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  openai: { base_url: "${upstream.url}/v1", api_key: ${KEY}, headers: { x-team: "Bearer ${HEADER}" } }
`);
  return () => gateway.stop();
});

afterAll(() => upstream.close());

async function ask(stream: boolean): Promise<{ status: number; type: string; retry: string | null; text: string }> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "openai/gpt", stream, messages: [{ role: "user", content: "Hi" }] }),
  });
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "";
  return { status, type, retry: headers.get("x-should-retry"), text: await response.text() };
}

const told = (text: string): { message: string; code: string | null } =>
  (JSON.parse(text) as { error: { message: string; code: string | null } }).error;

describe("a provider that quotes the gateway's credential", () => {
  const quoted = { error: { message: `what is ${KEY} with ${HEADER}?`, type: `t-${KEY}`, code: `c-${KEY}` } };
  const behaviours: Record<string, readonly [boolean, Behaviour]> = {
    "in a 500": [false, answerJson(quoted, 500)],
    "in a 400, which would pass as it came": [false, answerJson(quoted, 400)],
    "in a 429": [true, answerJson(quoted, 429)],
    "in the first event": [true, answerSse(`data: ${JSON.stringify(quoted)}\n\n`)],
    "in the middle of a stream": [
      true,
      answerSse(openAiStream(SCRIPT).replace("data: [DONE]", `data: ${JSON.stringify(quoted)}`)),
    ],
  };
  it.each(Object.entries(behaviours))(
    "%s is not quoted on, to the caller or the log",
    async (_, [stream, behaviour]) => {
      upstream.behave(behaviour);
      const { text } = await ask(stream);
      expect(text).toContain("what is [hidden] with [hidden]?");
      expect(text).not.toContain("canary");
      await expect.poll(() => gateway.records().length).toBeGreaterThan(0);
      expect(JSON.stringify(gateway.records())).not.toContain("canary");
    },
  );
});

describe("a provider that compresses although it was asked not to", () => {
  const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
  it.each(Object.entries(codings))("is understood: %s", async (coding, compress) => {
    const headers = { "content-encoding": coding };
    const whole = JSON.stringify(openAiAnswer(SCRIPT));
    upstream.behave(answerJson(compress(whole), 200, headers));
    expect((await ask(false)).text).toBe(whole);
    upstream.behave(
      answerJson(compress(openAiStream(SCRIPT)), 200, { ...headers, "content-type": "text/event-stream" }),
    );
    expect(await ask(true)).toMatchObject({ status: 200, text: expect.stringContaining('"one') as string });
    upstream.behave(answerJson(compress('{"error":{"message":"no such field"}}'), 400, headers));
    expect(await ask(false)).toMatchObject({ status: 400, text: '{"error":{"message":"no such field"}}' });
  });

  it("is told when the bytes are not what it says, or of a coding that nobody knows", async () => {
    upstream.behave(answerJson(openAiAnswer(SCRIPT), 200, { "content-encoding": "gzip" }));
    expect(told((await ask(false)).text).message).toBe("The provider's answer is not the gzip that it says it is.");
    upstream.behave(answerJson(openAiAnswer(SCRIPT), 200, { "content-encoding": "zst" }));
    expect(told((await ask(true)).text).message).toContain('content encoding "zst"');
  });
});

describe("a provider that is none", () => {
  it("has its page told in the caller's dialect", async () => {
    upstream.behave(answerJson("<html><title>Not here</title></html>", 404, { "content-type": "text/html" }));
    const { status, type, text } = await ask(false);
    expect([status, type, told(text).message]).toEqual([404, "application/json; charset=utf-8", "Not here"]);
  });

  it("is not followed where it redirects to", async () => {
    upstream.behave(answerJson("", 307, { location: "/v2/chat/completions" }));
    const { status, text } = await ask(false);
    expect([status, told(text).message]).toEqual([502, expect.stringContaining("base_url")]);
  });

  it("that says only that its stream is over has not answered", async () => {
    upstream.behave(answerSse("data: [DONE]\n\n"));
    const { status, text } = await ask(true);
    expect([status, told(text).code]).toEqual([502, "stream_unfinished"]);
  });
});

it("trap 152: a provider's empty account is no limit that passes", async () => {
  upstream.behave(answerJson({ error: { message: "pay", code: "insufficient_quota" } }, 429));
  const { status, retry, text } = await ask(false);
  expect([status, retry, told(text).code]).toEqual([429, "false", "insufficient_quota"]);
});
