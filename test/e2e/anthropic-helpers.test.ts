import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { geminiAnswer, geminiStream } from "../kits/gemini-wire.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: Anthropic;

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
  client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const upstreams = [
  { name: "of OpenAI's dialect", model: "up/any", whole: openAiAnswer, stream: openAiStream },
  { name: "of Google's dialect", model: "google/gemini-3-flash-preview", whole: geminiAnswer, stream: geminiStream },
  { name: "of its own", model: "claude/claude-sonnet-4-5", whole: anthropicAnswer, stream: anthropicStream },
] as const;

describe.each(upstreams)("helpers of Anthropic's SDK over a provider $name", ({ model, whole, stream }) => {
  const turns: readonly Script[] = [
    {
      text: "Looking it up.",
      toolCalls: [
        { id: "call_a", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { id: "call_b", name: "get_weather", arguments: '{"city":"Rome"}' },
      ],
      finish: "tool_calls",
      inputTokens: 64,
      outputTokens: 40,
    },
    { text: "Oslo is colder.", finish: "stop", inputTokens: 90, outputTokens: 5 },
  ];

  it.each([false, true])("run tools until the answer is there (streamed: %s)", async (streamed) => {
    const before = upstream.seen.length;
    upstream.behave((request, response) => {
      const script = turns[upstream.seen.length - before - 1] as Script;
      return (streamed ? answerSse(stream(script), [40, 3]) : answerJson(whole(script)))(request, response);
    });
    const asked: string[] = [];
    const getWeather = betaTool({
      name: "get_weather",
      description: "Weather now.",
      inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      run: ({ city }) => {
        asked.push(city);
        return `${city}: 4 degrees`;
      },
    });
    const answer = await client.beta.messages.toolRunner({
      model,
      max_tokens: 1000,
      messages: [{ role: "user", content: "Which is colder, Oslo or Rome?" }],
      tools: [getWeather],
      ...(streamed && { stream: true as const }),
    });
    expect(asked.sort()).toEqual(["Oslo", "Rome"]);
    expect(answer.content).toMatchObject([{ type: "text", text: "Oslo is colder." }]);
    const sent = JSON.stringify(upstream.seen.at(-1)?.json());
    expect(sent).toContain("Oslo: 4 degrees");
    // A provider that holds no threads gets the whole conversation.
    if (model.startsWith("claude/")) expect(sent).toContain('"previous_message_id":"msg_kit"');
    else expect(sent).toMatch(/Which is colder, Oslo or Rome\?.*Looking it up\..*Oslo: 4 degrees/);
    expect(upstream.seen.length - before).toBe(2);
  });

  it("parse an answer that obeys a schema", async () => {
    upstream.behave(answerJson(whole({ text: '{"answer":42}', finish: "stop", inputTokens: 9, outputTokens: 6 })));
    const schema = {
      type: "object",
      properties: { answer: { type: "integer" } },
      required: ["answer"],
      additionalProperties: false,
    } as const;
    const message = await client.messages.parse({
      model,
      max_tokens: 1000,
      messages: [{ role: "user", content: "Six times seven." }],
      output_config: { format: jsonSchemaOutputFormat(schema) },
    });
    expect(message.parsed_output).toEqual({ answer: 42 });
    expect(JSON.stringify(upstream.seen.at(-1)?.json())).toContain('"answer":{"type":"integer"');
  });
});
