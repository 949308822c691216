import type { GenerateContentResponse } from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject } from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { readJsonArray } from "../support/read-json-array.js";
import * as chats from "../support/recorded-chat.js";
import * as messages from "../support/recorded-messages.js";
import { googleSdk } from "./clients/google-client.js";

/** What an answer says, in the words of either wire. */
interface Said {
  readonly text: string;
  readonly reasoning: string | undefined;
  readonly calls: readonly { name: string; arguments: string }[];
  readonly finish: string;
  readonly input: number | undefined;
  readonly output: number | undefined;
}

let upstream: TestUpstream;
let gateway: TestGateway;
let client: ReturnType<typeof googleSdk>;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
  google: { plugin: gemini, base_url: "${upstream.url}", api_key: k }
`);
  client = googleSdk(gateway.url);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);
const good = (list: readonly Recording[]) => list.filter(({ response }) => response.status === 200);
const isStream = ({ response }: Recording): boolean =>
  response.sse !== undefined && !response.sse.includes('"error":{') && !response.sse.includes("event: error");

const dialects = [
  {
    name: "OpenAI's",
    model: "up/any",
    recordings: good(recordings({ api: ["chat", "compat.chat"] })),
    isWhole: ({ response }: Recording) => chats.choicesOf(response.body).length > 0,
    saidWhole: (body: unknown) => sayChat(chats.saidWhole(body)),
    saidStreamed: (sse: string) => sayChat(chats.saidStreamed(sse)),
  },
  {
    name: "Anthropic's",
    model: "claude/any",
    recordings: good(recordings({ api: "messages" })),
    isWhole: ({ response }: Recording) => isObject(response.body) && response.body.type === "message",
    saidWhole: (body: unknown) => sayMessage(messages.saidWhole(body)),
    saidStreamed: (sse: string) => sayMessage(messages.saidStreamed(sse)),
  },
] as const;

describe.each(dialects)("a recorded answer of $name dialect, asked for through Google's door", (dialect) => {
  const { model } = dialect;
  const whole = dialect.recordings.filter(dialect.isWhole);
  const streamed = dialect.recordings.filter(isStream);

  it("has recordings of both kinds", () => {
    expect(whole.length).toBeGreaterThan(100);
    expect(streamed.length).toBeGreaterThan(60);
  });

  it.each(named(whole))("is read right by Google's SDK: %s", async (_file, { response }) => {
    upstream.behave(answerJson(response.body));
    expectSame([await client.models.generateContent({ model, contents: "Hi" })], dialect.saidWhole(response.body));
  });

  it.each(named(streamed))("is read right by Google's SDK, streamed: %s", async (_file, { response }) => {
    upstream.behave(answerSse(response.sse as string, [5, 1, 300]));
    const events: GenerateContentResponse[] = [];
    for await (const event of await client.models.generateContentStream({ model, contents: "Hi" })) events.push(event);
    expectSame(events, dialect.saidStreamed(response.sse as string));
  });
});

describe("a recorded stream that is a JSON array", () => {
  const arrays = recordings({ provider: "gemini", api: "streamGenerateContent" }).filter(({ response }) =>
    Array.isArray(response.body),
  );

  it.each(named(arrays))("comes back element for element from a provider that sends events: %s", async (_file, one) => {
    const elements = one.response.body as unknown[];
    const sse = elements.map((element) => `data: ${JSON.stringify(element)}\r\n\r\n`).join("");
    upstream.behave(answerSse(sse, [7, 400]));
    const asked = one.request.url_path.replace("/models/", "/models/google/");
    const response = await fetch(`${gateway.url}${asked}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(one.request.body),
    });
    expect(readJsonArray(await response.text())).toEqual(elements);
    expect(upstream.seen.at(-1)?.body.toString()).toBe(JSON.stringify(one.request.body));
  });
});

function expectSame(events: readonly GenerateContentResponse[], said: Said): void {
  const firsts = events.flatMap(({ candidates }) => (candidates ?? []).filter(({ index }) => (index ?? 0) === 0));
  const parts = firsts.flatMap(({ content }) => content?.parts ?? []);
  const words = (thought: boolean) =>
    parts.map((part) => ((part.thought ?? false) === thought ? (part.text ?? "") : "")).join("");
  expect(words(false)).toBe(said.text);
  if (said.reasoning !== undefined) expect(words(true)).toBe(said.reasoning);
  const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
  expect(calls.map(({ name, args }) => [name, args])).toEqual(
    said.calls.map((call) => [call.name, argumentsOf(call.arguments)]),
  );
  // The SDK gives results back by these.
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  const finishes = firsts.flatMap(({ finishReason }) => finishReason ?? []);
  expect(finishes).toEqual([said.finish]);
  const usage = events.at(-1)?.usageMetadata;
  if (said.input !== undefined) expect(usage?.promptTokenCount).toBe(said.input);
  if (said.output !== undefined) {
    const output = (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0);
    // Some count less output than reasoning.
    expect(output).toBeGreaterThanOrEqual(said.output);
    expect(usage?.totalTokenCount).toBeGreaterThanOrEqual((usage?.promptTokenCount ?? 0) + said.output);
  }
}

/** Arguments that are no object are told as the member `input`. */
function argumentsOf(text: string): unknown {
  const value = JSON.parse(text.trim() === "" ? "{}" : text) as unknown;
  return isObject(value) ? value : { input: text };
}

function sayChat(said: chats.ChatAnswer): Said {
  const finishes: Record<string, string> = { length: "MAX_TOKENS", content_filter: "SAFETY" };
  return {
    ...said,
    // The wire has sound without its words.
    text: said.text.slice(0, said.text.length - said.transcript.length),
    // Providers of this wire tell it in as many ways as they are; other tests look at those.
    reasoning: undefined,
    finish: finishes[said.finish ?? ""] ?? "STOP",
    input: said.usage?.prompt_tokens,
    output: said.usage?.completion_tokens,
  };
}

function sayMessage(said: messages.MessageAnswer): Said {
  const finishes: Record<string, string> = {
    max_tokens: "MAX_TOKENS",
    model_context_window_exceeded: "MAX_TOKENS",
    refusal: "SAFETY",
  };
  return { ...said, finish: finishes[said.stop ?? ""] ?? "STOP" };
}
