import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";

/** What this test reads of a recorded chat completion, or of what a stream's deltas add up to. */
interface Answer {
  text: string;
  readonly calls: { name: string; arguments: string }[];
  finish: string | null | undefined;
  usage: Usage | null | undefined;
}

interface Usage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
  /** As Mistral names it. */
  readonly num_cached_tokens?: number;
}

interface Message {
  readonly content?: unknown;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[] | null;
  readonly function_call?: ToolCall["function"] | null;
  readonly audio?: { readonly transcript?: string } | null;
}

interface ToolCall {
  readonly index?: number;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null };
}

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
    const [choice] = choicesOf(response.body);
    const said: Answer = { text: "", calls: [], finish: choice?.finish_reason, usage: usageOf(response.body) };
    add(said, choice?.message ?? {});
    expectSame(message, said);
  });

  it.each(named(streamed))("is read right by Anthropic's SDK, streamed: %s", async (_file, { response }) => {
    upstream.behave(answerSse(response.sse as string, [5, 1, 300]));
    const said: Answer = { text: "", calls: [], finish: undefined, usage: undefined };
    for (const event of eventsOf(response.sse as string)) {
      said.usage = usageOf(event) ?? said.usage;
      for (const choice of choicesOf(event)) {
        if ((choice.index ?? 0) !== 0) continue;
        add(said, choice.delta ?? choice.message ?? {});
        said.finish = choice.finish_reason || said.finish;
      }
    }
    const events: Anthropic.MessageStreamEvent[] = [];
    const stream = client.messages.stream(ask).on("streamEvent", (event) => events.push(event));
    expectSame(await stream.finalMessage(), said);
    expectGrammar(events);
  });
});

function expectSame(message: Anthropic.Message, said: Answer): void {
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
function stopOf({ calls, finish }: Answer): string {
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

function add(said: Answer, message: Message): void {
  said.text += textOf(message.content) + (message.refusal ?? "") + (message.audio?.transcript ?? "");
  if (message.function_call?.name) said.calls.push({ name: message.function_call.name, arguments: "" });
  const legacy = said.calls.at(-1);
  if (legacy !== undefined) legacy.arguments += message.function_call?.arguments ?? "";
  for (const [position, call] of (message.tool_calls ?? []).entries()) {
    const index = call.index ?? (call.function?.name ? said.calls.length : said.calls.length - 1 - position);
    const known = (said.calls[index] ??= { name: "", arguments: "" });
    known.name ||= call.function?.name ?? "";
    known.arguments += call.function?.arguments ?? "";
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as { type?: string; text?: string }[])
    .map((part) => (part.type === "text" ? (part.text ?? "") : ""))
    .join("");
}

interface Choice {
  readonly index?: number;
  readonly message?: Message;
  readonly delta?: Message;
  readonly finish_reason?: string | null;
}

function choicesOf(body: unknown): readonly Choice[] {
  const choices = (body as { choices?: unknown } | null | undefined)?.choices;
  return Array.isArray(choices) ? (choices as Choice[]) : [];
}

function usageOf(body: unknown): Usage | null | undefined {
  return (body as { usage?: Usage | null } | null | undefined)?.usage;
}

function eventsOf(sse: string): unknown[] {
  return sse
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:") && !line.includes("[DONE]"))
    .map((line) => JSON.parse(line.slice(5)) as unknown);
}
