import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Recording, recordings } from "../recordings.js";

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
}

interface Answer {
  readonly content: readonly Block[];
  readonly stop_reason: string;
  readonly usage: Record<string, number | null>;
}

const FINISH: Record<string, string> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k } }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const all = recordings({ provider: "anthropic", api: "messages" }).filter(({ response }) => response.status === 200);
const whole = all.filter(({ response }) => response.body !== undefined);
const streamed = all.filter(({ response }) => response.sse !== undefined);
const named = (list: readonly Recording[]) => list.map((recording) => [recording.file, recording] as const);
const ask = { model: "claude/any", messages: [{ role: "user" as const, content: "Hi" }] };

describe("a recorded Anthropic answer, asked for through the OpenAI door", () => {
  it("has recordings of both kinds", () => {
    expect(whole.length).toBeGreaterThan(30);
    expect(streamed.length).toBeGreaterThan(30);
  });

  it.each(named(whole))("is read right by the openai SDK: %s", async (_file, recording) => {
    const answer = recording.response.body as unknown as Answer;
    upstream.behave(answerJson(answer));
    const completion = await client.chat.completions.create(ask);
    const [choice] = completion.choices;
    const text = answer.content.filter(({ type }) => type === "text");
    expect(choice?.message.content ?? "").toBe(text.map((block) => block.text).join(""));
    expect(choice?.finish_reason).toBe(FINISH[answer.stop_reason]);
    const calls = (choice?.message.tool_calls ?? []).map((call) =>
      call.type === "function" ? [call.id, call.function.name, JSON.parse(call.function.arguments) as unknown] : call,
    );
    expect(calls).toEqual(
      answer.content.filter(({ type }) => type === "tool_use").map((block) => [block.id, block.name, block.input]),
    );
    expectUsage(completion.usage, answer.usage);
  });

  it.each(named(streamed))("is read right by the openai SDK, streamed: %s", async (_file, recording) => {
    const sse = recording.response.sse as string;
    const events = sse
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => JSON.parse(line.slice(5)) as Record<string, unknown>);
    upstream.behave(answerSse(sse, [5, 1, 300]));
    const stream = client.chat.completions.stream({ ...ask, stream: true, stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    const deltas = events.filter(({ type }) => type === "content_block_delta").map(({ delta }) => delta as Block);
    const started = events
      .filter(({ type }) => type === "content_block_start")
      .map((event) => event.content_block as Block);
    const text = deltas.filter(({ type }) => type === "text_delta").map((delta) => delta.text);
    expect(completion.choices[0]?.message.content ?? "").toBe(text.join(""));
    const names = started.filter(({ type }) => type === "tool_use").map(({ name }) => name);
    const calls = completion.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => (call.type === "function" ? call.function.name : call.type))).toEqual(names);
    for (const call of calls) if (call.type === "function") JSON.parse(call.function.arguments);
    const last = events.findLast(({ type }) => type === "message_delta") as {
      delta: { stop_reason: string };
      usage: Record<string, number>;
    };
    expect(completion.choices[0]?.finish_reason).toBe(FINISH[last.delta.stop_reason]);
    expect(completion.usage?.completion_tokens).toBe(last.usage.output_tokens);
  });
});

function expectUsage(told: OpenAI.CompletionUsage | undefined, usage: Record<string, number | null>): void {
  const input =
    (usage.input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
  expect(told?.prompt_tokens).toBe(input);
  expect(told?.completion_tokens).toBe(usage.output_tokens);
  expect(told?.total_tokens).toBe(input + (usage.output_tokens ?? 0));
  if (usage.cache_read_input_tokens) {
    expect(told?.prompt_tokens_details?.cached_tokens).toBe(usage.cache_read_input_tokens);
  }
}
