import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

const stream = openAiStream({ text: "one two three", finish: "stop", inputTokens: 1, outputTokens: 3 });
const ask = { model: "up/m", messages: [{ role: "user" as const, content: "Hi" }] };

let upstream: TestUpstream;
let gateway: TestGateway;
/** Records before the test. */
let before: number;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1" }
`);
  // What the first request of all has to wait for is no part of its time.
  upstream.behave(answerJson(openAiAnswer({ text: "Hello", finish: "stop", inputTokens: 1, outputTokens: 1 })));
  await new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any" }).chat.completions.create(ask);
});

beforeEach(() => {
  before = exchanges().length;
  upstream.seen.length = 0;
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

/** The upstream says nothing. Resolves once it is hung up on. */
function silence(): Promise<void> {
  return new Promise((resolve) => {
    upstream.behave((_request, response) => void response.once("close", resolve));
  });
}

const exchanges = (): Record<string, unknown>[] => gateway.records().filter(({ msg }) => msg === "exchange");

/** The record of a test's one exchange: it is written when that has ended, for which the client need not have waited. */
async function recordOf(): Promise<Record<string, unknown> | undefined> {
  await expect.poll(() => exchanges().length, { timeout: 10_000 }).toBe(before + 1);
  return exchanges().at(-1);
}

describe("a client that waits for as long as it told, and no longer", () => {
  it.each([
    [
      "OpenAI's",
      () =>
        new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 }).chat.completions.create(ask, {
          timeout: 1000,
        }),
      OpenAI.APIConnectionTimeoutError,
    ],
    [
      "OpenAI's, of a stream",
      () =>
        new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 }).chat.completions.create(
          { ...ask, stream: true },
          { timeout: 1000 },
        ),
      OpenAI.APIConnectionTimeoutError,
    ],
    [
      "Anthropic's",
      () =>
        new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0, timeout: 1000 }).messages.create({
          ...ask,
          max_tokens: 9,
        }),
      Anthropic.APIConnectionTimeoutError,
    ],
    [
      "Google's",
      () =>
        new GoogleGenAI({
          apiKey: "any",
          httpOptions: { baseUrl: gateway.url, timeout: 2000 },
        }).models.generateContent({ model: "up/m", contents: "Hi" }),
      Error,
    ],
  ])("sees its own timeout, and the record says so: %s", async (_name, call, expected) => {
    const left = silence();
    await expect(call()).rejects.toBeInstanceOf(expected);
    await left;
    expect(await recordOf()).toMatchObject({ error: "deadline_exceeded" });
    expect(upstream.seen).toHaveLength(1);
  });

  it("is asked again by its own retries, each with a time of its own", async () => {
    void silence();
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 1, timeout: 1000 });
    await expect(client.chat.completions.create(ask)).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    expect(upstream.seen).toHaveLength(2);
  });
});

describe("a client that does not enforce what it told", () => {
  it("is answered in its own words once the time is over", async () => {
    const left = silence();
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-stainless-timeout": "0.4" },
      body: JSON.stringify({ ...ask, max_tokens: 9 }),
    });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { type: "timeout_error" } });
    await left;
  });

  it("may read a stream for longer than it waited for its head", async () => {
    let finish = (): void => {};
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const half = stream.indexOf("data:", stream.indexOf("one"));
      response.write(stream.slice(0, half));
      finish = () => void response.end(stream.slice(half));
    });
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-stainless-timeout": "0.3" },
      body: JSON.stringify({ ...ask, stream: true }),
    });
    expect(response.status).toBe(200);
    // The time of the head has passed, with all the slack of the clock that watches it.
    await new Promise((resolve) => setTimeout(resolve, 600));
    finish();
    const text = await response.text();
    expect(text).toContain("three");
    expect(text).toContain("[DONE]");
  });

  it("is held to the shortest of several", async () => {
    void silence();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-stainless-timeout": "600",
        "x-server-timeout": "500",
        "x-parlance-timeout": "250ms",
      },
      body: JSON.stringify(ask),
    });
    expect(response.status).toBe(504);
    expect(JSON.stringify(await response.json())).toContain("250 ms");
  });
});
