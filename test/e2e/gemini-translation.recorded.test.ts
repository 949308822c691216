import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatDialects } from "../../src/dialects/index.js";
import {
  type ChatDialect,
  type Chunk,
  type Completion,
  Fold,
  isObject,
  type JsonObject,
  Losses,
  ParlanceError,
  readSse,
  unfold,
} from "../../src/sdk/index.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { expectChatOf } from "../support/expect-chat-of.js";
import { answering } from "../support/gemini-requests.js";

const dialectNamed = (name: string): ChatDialect => chatDialects.get(name) as ChatDialect;
const gemini = dialectNamed("gemini");
const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);

const theirs = recordings({ provider: ["gemini", "vertex"], api: ["generateContent", "streamGenerateContent"] }).filter(
  ({ response }) => response.status === 200,
);
const whole = theirs.filter(({ response }) => isObject(response.body));
const streamed = theirs.filter(({ response }) => response.sse !== undefined);

describe("a recorded Gemini answer, asked for through the OpenAI door", () => {
  let upstream: TestUpstream;
  let gateway: TestGateway;
  let client: OpenAI;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { google: { plugin: gemini, base_url: "${upstream.url}", api_key: k } }
`);
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
  });

  const ask = { model: "google/any", messages: [{ role: "user" as const, content: "Hi" }] };

  it("has recordings of both kinds", () => {
    expect(whole.length).toBeGreaterThan(110);
    expect(streamed.length).toBeGreaterThan(55);
  });

  it.each(named(whole))("is read right by the openai SDK: %s", async (_file, { response }) => {
    const answer = response.body as JsonObject;
    upstream.behave(answerJson(answer));
    expectChatOf(await client.chat.completions.create(ask), [answer]);
  });

  it.each(named(streamed))("is read right by the openai SDK, streamed: %s", async (_file, { response }) => {
    const sse = response.sse as string;
    const events: JsonObject[] = [];
    readSse(sse, ({ data }) => events.push(JSON.parse(data) as JsonObject));
    upstream.behave(answerSse(sse, [5, 1, 300]));
    const stream = client.chat.completions.stream({ ...ask, stream: true, stream_options: { include_usage: true } });
    expectChatOf(await stream.finalChatCompletion(), events);
  });
});

const others: [string, Recording[]][] = [
  ["openai-chat", recordings({ api: ["chat", "compat.chat"] })],
  ["anthropic-messages", recordings({ provider: "anthropic", api: "messages" })],
];

describe.each(others)("recordings of %s", (name, list) => {
  const dialect = dialectNamed(name);
  const good = list.filter(({ response }) => response.status === 200);

  it("are asked of Gemini, or refused with the field at fault", () => {
    let said = 0;
    for (const { request, file } of list) {
      if (!isObject(request.body)) continue;
      const decoded = quietly(() => dialect.decodeRequest(JSON.stringify(request.body)));
      if (decoded === undefined) continue;
      try {
        const target = { model: "gemini-x", stream: false, traits: {}, losses: new Losses() };
        const body = JSON.parse(gemini.encodeRequest(decoded, target)) as { contents: JsonObject[] };
        expect(body.contents.length, file).toBeGreaterThan(0);
        // What is written can be read.
        gemini.decodeRequest(JSON.stringify(body));
        said += 1;
      } catch (thrown) {
        const error = ParlanceError.from(thrown);
        expect(["invalid_request", "unsupported"], `${file}: ${String(thrown)}`).toContain(error.code);
        expect(error.facts.field, file).toBeDefined();
      }
    }
    expect(said).toBeGreaterThan(100);
  });

  it("are told to Gemini's callers with the same words, calls and tokens", () => {
    let told = 0;
    for (const recording of good) {
      const completion = quietly(() => answerOf(dialect, recording));
      if (completion === undefined || completion.choices.length === 0) continue;
      const again = gemini.decodeResponse(gemini.encodeResponse(completion, answering));
      expect(senseOf(again), recording.file).toEqual(senseOf(completion));
      const encoder = gemini.streamEncoder(answering);
      const sse = unfold(completion).map((chunk) => encoder.encode(chunk));
      expect(senseOf(follow(gemini, sse.join(""))), recording.file).toEqual(senseOf(completion));
      told += 1;
    }
    expect(told).toBeGreaterThan(90);
  });
});

/** Recordings hold refused requests and broken answers too, which are other tests' business. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function answerOf(dialect: ChatDialect, { response }: Recording): Completion | undefined {
  if (response.sse !== undefined) return follow(dialect, response.sse);
  return response.body === undefined ? undefined : dialect.decodeResponse(JSON.stringify(response.body));
}

function follow(dialect: ChatDialect, sse: string): Completion {
  const decoder = dialect.streamDecoder();
  const chunks: Chunk[] = [];
  readSse(sse, (event) => decoder.decode(event, chunks));
  decoder.end(chunks);
  const state = new Fold();
  for (const chunk of chunks) state.push(chunk);
  return state.completion();
}

function senseOf(completion: Completion): unknown {
  const { usage } = completion;
  return [
    completion.choices.map(({ message, finish }) => {
      const parts = message?.parts ?? [];
      const words = (cases: readonly string[]) =>
        parts
          .map(({ kind }) => (cases.includes(kind.case ?? "") ? (kind.value as { text: string }).text : ""))
          .join("");
      const calls = parts.flatMap(({ kind }) =>
        kind.case === "toolCall" ? [[idOf(kind.value.id), kind.value.name, argumentsOf(kind.value.arguments)]] : [],
      );
      return [words(["text", "refusal"]), words(["reasoning"]), calls, finish === undefined];
    }),
    usage?.inputTokens,
    // Some count less output than reasoning, which no dialect can mean.
    Math.max(usage?.outputTokens ?? 0, usage?.reasoningTokens ?? 0),
    usage?.cacheReadTokens,
  ];
}

/** A call without an id gets one. */
function idOf(id: string): string {
  return id.startsWith("gemini_call_") ? "" : id;
}

/** Arguments that are no object are told as the member `input`. */
function argumentsOf(text: string): unknown {
  if (text.trim() === "") return {};
  const value = quietly(() => JSON.parse(text) as unknown);
  return isObject(value) ? value : { input: text };
}
