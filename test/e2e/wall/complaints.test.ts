import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicStream } from "../../kits/anthropic-wire.js";
import { FAULTY, type FaultName, misbehave, SPARE } from "../../kits/faults.js";
import { startTestGateway, type TestGateway } from "../../kits/gateway.js";
import { openAiStream } from "../../kits/openai-wire.js";
import { answerSse, startUpstream, type TestUpstream } from "../../kits/upstream.js";

// What people complain of in other gateways, each in its own words.

let upstream: TestUpstream;
let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;
/** Models that the provider was called with, in order. */
const called = (): string[] => upstream.seen.map((request) => request.json().model as string);

const FAULTS_BEFORE: readonly FaultName[] = [
  "cut-before-content",
  "stall-before-content",
  "malformed-before-content",
  "error-first",
];

beforeAll(async () => {
  upstream = await startUpstream(misbehave);
  const chat = { plugin: "openai", base_url: `${upstream.url}/v1`, api_key: "k", timeouts: { idle: "1500ms" } };
  const claude = { plugin: "anthropic", base_url: upstream.url, api_key: "k" };
  const two = (fault: FaultName, provider: string, spare: string): object => ({
    targets: [
      { provider, model: `${fault}.1` },
      { provider: spare, model: "spare.1" },
    ],
  });
  gateway = await startTestGateway(
    JSON.stringify({
      server: { port: 0 },
      log: { level: "info" },
      resilience: { breaker: { failures: 0, failure_percent: 0 }, max_rest: "0s" },
      providers: { chat, claude, first: chat, second: chat, third: chat },
      models: {
        ...Object.fromEntries(FAULTS_BEFORE.map((fault) => [fault, two(fault, "chat", "claude")])),
        "half-an-answer": { targets: [{ provider: "chat", model: "cut-after-content.1" }] },
        "lost-before": { targets: [{ provider: "chat", model: "cut-before-content.1" }] },
        "all-down": {
          targets: ["first", "second", "third"].map((provider) => ({ provider, model: "503.1" })),
        },
        "equal-priorities": {
          targets: ["first", "second"].map((provider) => ({ provider, model: "500.1", priority: 0 })),
          fallbacks: ["healthy"],
        },
        healthy: { targets: [{ provider: "third", model: "spare.1" }] },
        "slow-down": two("429-retry-after", "chat", "second"),
        overloaded: two("error-first", "claude", "chat"),
      },
    }),
  );
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const messages = [{ role: "user" as const, content: "Hi" }];
const chatStream = (model: string) => openai.chat.completions.stream({ model, messages, stream: true });
const claudeStream = (model: string) => anthropic.messages.stream({ model, messages, max_tokens: 50 });
const errorOf = (work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> =>
  work.then(
    () => expect.fail("it ended well"),
    (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
  );

describe("failover", () => {
  it.each(FAULTS_BEFORE)(
    "complaint: the fallback that is configured gets no request when a stream fails before its first content: %s",
    async (fault) => {
      upstream.seen.length = 0;
      expect(await chatStream(fault).finalContent()).toBe(SPARE.text);
      expect(called()).toEqual([`${fault}.1`, "spare.1"]);
    },
  );

  it("complaint: an overload that is told inside a 200 is not seen as a failure", async () => {
    const message = await claudeStream("overloaded").finalMessage();
    expect(message.content).toMatchObject([{ type: "text", text: SPARE.text }]);
  });

  it("complaint: a stream that was cut in the middle of an answer looks like one that ended", async () => {
    let text = "";
    const reading = (async () => {
      for await (const chunk of await openai.chat.completions.create({
        model: "half-an-answer",
        messages,
        stream: true,
      })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "stream_truncated" });
    expect(text.trim()).toBe("alpha");
    expect(gateway.records().at(-1)).toMatchObject({ level: "warn", error: "stream_truncated" });
  });

  it("complaint: a lost connection is answered with 200, so that nothing is tried again", async () => {
    upstream.seen.length = 0;
    const error = await errorOf(openai.chat.completions.create({ model: "lost-before", messages }));
    expect([error.status, error.code]).toEqual([502, "stream_truncated"]);
    expect(called()).toHaveLength(2);
  });

  it("complaint: a stream without the word that ends it fails, although it told its finish", async () => {
    upstream.behave(answerSse(openAiStream(FAULTY).replace("data: [DONE]\n\n", "")));
    expect(await chatStream("chat/plain").finalContent()).toBe(FAULTY.text);
    upstream.behave(misbehave);
  });

  it("complaint: a fallback in another dialect gets the first target's words untranslated", async () => {
    upstream.seen.length = 0;
    await chatStream("cut-before-content").finalContent();
    const [first, second] = upstream.seen;
    expect([first?.path, second?.path]).toEqual(["/v1/chat/completions", "/v1/messages"]);
    expect(second?.json()).toMatchObject({ max_tokens: expect.any(Number) as number, messages: [{ role: "user" }] });
    expect(second?.json()).not.toHaveProperty("stream_options");
  });

  it("complaint: retries go to the same priority again and never reach the next", async () => {
    upstream.seen.length = 0;
    const answer = await openai.chat.completions.create({ model: "equal-priorities", messages });
    expect(answer.choices[0]?.message.content).toBe(SPARE.text);
    expect(called()).toEqual(["500.1", "500.1", "spare.1"]);
  });

  it("complaint: retries multiply with targets and layers: three targets and one retry are four calls", async () => {
    upstream.seen.length = 0;
    await errorOf(openai.chat.completions.create({ model: "all-down", messages }));
    expect(called()).toHaveLength(4);
  });

  it("complaint: retry-after is thrown away when there is a sibling, or slept through in spite of one", async () => {
    const began = performance.now();
    const answer = await openai.chat.completions.create({ model: "slow-down", messages });
    expect(answer.choices[0]?.message.content).toBe(SPARE.text);
    // The provider asks for two minutes.
    expect(performance.now() - began).toBeLessThan(60_000);
    const alone = await errorOf(openai.chat.completions.create({ model: "chat/429-retry-after.2", messages }));
    expect(alone.headers?.get("retry-after")).toBe("120");
  });
});

describe("streams", () => {
  it("complaint: a second message_start, or a block of the failed attempt, is left in the fallback's stream", async () => {
    for (const fault of ["cut-before-content", "malformed-before-content", "error-first"]) {
      const starts: string[] = [];
      const stream = claudeStream(fault).on("streamEvent", ({ type }) => void starts.push(type));
      const message = await stream.finalMessage();
      expect(message.content).toMatchObject([{ type: "text", text: SPARE.text }]);
      expect(starts.filter((type) => type === "message_start" || type === "content_block_start")).toHaveLength(2);
    }
  });

  it("complaint: what a stream has used before it was cut is on no bill", async () => {
    // The start of Anthropic's streams tells the prompt's tokens.
    const stream = anthropicStream(FAULTY);
    const half = stream.slice(0, stream.indexOf(" beta"));
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(half.slice(0, half.lastIndexOf("event:")), () => response.destroy());
    });
    await errorOf(claudeStream("claude/cut").finalMessage());
    upstream.behave(misbehave);
    expect(gateway.records().at(-1)).toMatchObject({ error: "stream_truncated", input_tokens: FAULTY.inputTokens });
  });

  it("complaint: tokens arrive all at once, at the end", async () => {
    let finish: () => void = () => {};
    const stream = openAiStream(FAULTY);
    const at = stream.indexOf(" beta");
    const cut = stream.lastIndexOf("data:", at);
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(stream.slice(0, cut));
      finish = () => void response.end(stream.slice(cut));
    });
    let text = "";
    for await (const chunk of await openai.chat.completions.create({ model: "chat/plain", messages, stream: true })) {
      // Nothing more is said until the first word has arrived.
      if (text === "" && chunk.choices[0]?.delta.content) finish();
      text += chunk.choices[0]?.delta.content ?? "";
    }
    upstream.behave(misbehave);
    expect(text).toBe(FAULTY.text);
  });
});
