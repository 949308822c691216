import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";
import { type ChatAnswer, choicesOf, saidStreamed, saidWhole } from "../support/recorded-chat.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k } }
`);
  client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const all = recordings({ api: ["chat", "compat.chat"] }).filter(({ response }) => response.status === 200);
const whole = all.filter(({ response }) => choicesOf(response.body).length > 0);
const streamed = all.filter(({ response }) => response.sse !== undefined && !response.sse.includes('"error":{'));
const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);
const ask = { model: "up/any", max_tokens: 1000, messages: [{ role: "user" as const, content: "Hi" }] };

describe("a recorded answer of OpenAI's dialect, asked for through the Anthropic door", () => {
  it("has recordings of both kinds", () => {
    expect(whole.length).toBeGreaterThan(100);
    expect(streamed.length).toBeGreaterThan(100);
  });

  it.each(named(whole))("is read right by Anthropic's SDK: %s", async (_file, { response }) => {
    upstream.behave(answerJson(response.body));
    const message = await client.messages.create(ask);
    expectSame(message, saidWhole(response.body));
  });

  it.each(named(streamed))("is read right by Anthropic's SDK, streamed: %s", async (_file, { response }) => {
    upstream.behave(answerSse(response.sse as string, [5, 1, 300]));
    const events: Anthropic.MessageStreamEvent[] = [];
    const stream = client.messages.stream(ask).on("streamEvent", (event) => events.push(event));
    expectSame(await stream.finalMessage(), saidStreamed(response.sse as string));
    expectGrammar(events);
  });
});

function expectSame(message: Anthropic.Message, said: ChatAnswer): void {
  const text = message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
  expect(text).toBe(said.text);
  const calls = message.content.flatMap((block) => (block.type === "tool_use" ? [[block.name, block.input]] : []));
  expect(calls).toEqual(said.calls.map((call) => [call.name, JSON.parse(call.arguments || "{}") as unknown]));
  expect(message.stop_reason).toBe(stopOf(said));
  if (said.usage == null) return;
  const { input_tokens: fresh, cache_read_input_tokens: read, output_tokens: output } = message.usage;
  const cached = said.usage.prompt_tokens_details?.cached_tokens ?? said.usage.num_cached_tokens ?? 0;
  expect(read ?? 0).toBe(cached);
  // Trap 37: the parts are disjoint. Some tell more tokens from the cache than the prompt has.
  const input = Math.max(said.usage.prompt_tokens ?? 0, cached);
  expect(fresh + cached + (message.usage.cache_creation_input_tokens ?? 0)).toBe(input);
  expect(output).toBeGreaterThanOrEqual(said.usage.completion_tokens ?? 0);
}

/** Trap 64: a call is `tool_use` whatever the provider called its end. */
function stopOf({ calls, finish }: ChatAnswer): string {
  if (finish === "length") return "max_tokens";
  if (finish === "content_filter") return "refusal";
  return calls.length > 0 ? "tool_use" : "end_turn";
}

/** Trap 57: blocks are numbered without a gap, one is open at a time, and everything is ended. */
function expectGrammar(events: readonly Anthropic.MessageStreamEvent[]): void {
  expect(events[0]?.type).toBe("message_start");
  expect(events.slice(-2).map(({ type }) => type)).toEqual(["message_delta", "message_stop"]);
  let next = 0;
  let open: number | undefined;
  for (const event of events.slice(1, -2)) {
    if (event.type === "content_block_start") {
      expect(open).toBeUndefined();
      expect(event.index).toBe(next);
      open = event.index;
      next += 1;
    } else if (event.type === "content_block_delta") {
      expect(event.index).toBe(open);
    } else {
      expect(event).toEqual({ type: "content_block_stop", index: open });
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
}
