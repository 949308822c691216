import { ToolChoiceMode, Role } from "../../src/sdk/index.js";
import type { Script } from "../kits/script.js";
import type { Call } from "./clients/canonical.js";

/** One row of the table: what is asked, in each client's spelling, and what the model says. */
export interface Row {
  readonly name: string;
  readonly call: Call;
  readonly script: Script;
}

const user = (text: string) => ({ role: Role.USER, parts: [{ kind: { case: "text" as const, value: { text } } }] });
const WEATHER = {
  type: "object",
  properties: { city: { type: "string" }, unit: { type: "string", enum: ["c", "f"] } },
  required: ["city"],
};
const weatherTool = {
  kind: { case: "function" as const, value: { name: "get_weather", description: "Weather now.", parameters: WEATHER } },
};
const weatherToolOpenAi = {
  type: "function" as const,
  function: { name: "get_weather", description: "Weather now.", parameters: WEATHER },
};
// One red pixel.
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const SCHEMA = {
  type: "object",
  properties: { answer: { type: "integer" } },
  required: ["answer"],
  additionalProperties: false,
};

export const rows: readonly Row[] = [
  {
    name: "text",
    call: { chat: { messages: [user("Say hello.")] }, openai: { messages: [{ role: "user", content: "Say hello." }] } },
    script: { text: "Hello, wörld — 你好 👋!", finish: "stop", inputTokens: 9, outputTokens: 7 },
  },
  {
    name: "multi-turn",
    call: {
      chat: {
        messages: [
          { role: Role.SYSTEM, parts: [{ kind: { case: "text", value: { text: "Be brief." } } }] },
          user("I am Ada."),
          { role: Role.ASSISTANT, parts: [{ kind: { case: "text", value: { text: "Hello Ada." } } }] },
          user("Who am I?"),
        ],
        temperature: 0,
        maxOutputTokens: 50,
      },
      openai: {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "I am Ada." },
          { role: "assistant", content: "Hello Ada." },
          { role: "user", content: "Who am I?" },
        ],
        temperature: 0,
        max_tokens: 50,
      },
    },
    script: { text: "You are Ada.", finish: "stop", inputTokens: 31, outputTokens: 4 },
  },
  {
    name: "tools",
    call: {
      chat: {
        messages: [user("Weather in Oslo?")],
        tools: [weatherTool],
        toolChoice: { mode: ToolChoiceMode.REQUIRED },
      },
      openai: {
        messages: [{ role: "user", content: "Weather in Oslo?" }],
        tools: [weatherToolOpenAi],
        tool_choice: "required",
      },
    },
    script: {
      toolCalls: [{ id: "call_1", name: "get_weather", arguments: '{"city":"Oslo","unit":"c"}' }],
      finish: "tool_calls",
      inputTokens: 60,
      outputTokens: 18,
    },
  },
  {
    name: "parallel tools",
    call: {
      chat: { messages: [user("Weather in Oslo and Rome?")], tools: [weatherTool], parallelToolCalls: true },
      openai: {
        messages: [{ role: "user", content: "Weather in Oslo and Rome?" }],
        tools: [weatherToolOpenAi],
        parallel_tool_calls: true,
      },
    },
    script: {
      text: "Looking it up.",
      toolCalls: [
        { id: "call_a", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { id: "call_b", name: "get_weather", arguments: '{"city":"Rome"}' },
      ],
      finish: "tool_calls",
      inputTokens: 64,
      outputTokens: 40,
    },
  },
  {
    name: "tool result",
    call: {
      chat: {
        messages: [
          user("Weather in Oslo?"),
          {
            role: Role.ASSISTANT,
            parts: [
              {
                kind: { case: "toolCall", value: { id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' } },
              },
            ],
          },
          {
            role: Role.TOOL,
            parts: [
              {
                kind: {
                  case: "toolResult",
                  value: { toolCallId: "call_1", content: [{ kind: { case: "text", value: { text: "4 degrees" } } }] },
                },
              },
            ],
          },
        ],
        tools: [weatherTool],
      },
      openai: {
        messages: [
          { role: "user", content: "Weather in Oslo?" },
          {
            role: "assistant",
            content: null,
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
            ],
          },
          { role: "tool", tool_call_id: "call_1", content: "4 degrees" },
        ],
        tools: [weatherToolOpenAi],
      },
    },
    script: { text: "It is 4 degrees in Oslo.", finish: "stop", inputTokens: 90, outputTokens: 9 },
  },
  {
    name: "image",
    call: {
      chat: {
        messages: [
          {
            role: Role.USER,
            parts: [
              { kind: { case: "text", value: { text: "What colour?" } } },
              {
                kind: {
                  case: "image",
                  value: { source: { case: "data", value: Buffer.from(PIXEL, "base64") }, mediaType: "image/png" },
                },
              },
            ],
          },
        ],
      },
      openai: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What colour?" },
              { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
            ],
          },
        ],
      },
    },
    script: { text: "Red.", finish: "stop", inputTokens: 300, outputTokens: 2 },
  },
  {
    name: "reasoning",
    call: { chat: { messages: [user("17 x 3?")] }, openai: { messages: [{ role: "user", content: "17 x 3?" }] } },
    script: {
      reasoning: "Three times seventeen is fifty-one.",
      text: "51",
      finish: "stop",
      inputTokens: 12,
      outputTokens: 20,
    },
  },
  {
    name: "JSON schema",
    call: {
      chat: {
        messages: [user("Six times seven.")],
        responseFormat: { kind: { case: "jsonSchema", value: { name: "answer", schema: SCHEMA, strict: true } } },
      },
      openai: {
        messages: [{ role: "user", content: "Six times seven." }],
        response_format: { type: "json_schema", json_schema: { name: "answer", schema: SCHEMA, strict: true } },
      },
    },
    script: { text: '{"answer":42}', finish: "stop", inputTokens: 40, outputTokens: 6 },
  },
  {
    name: "stop at the limit",
    call: {
      chat: { messages: [user("Count.")], maxOutputTokens: 3, stop: ["9"] },
      openai: { messages: [{ role: "user", content: "Count." }], max_tokens: 3, stop: ["9"] },
    },
    script: { text: "1 2 3", finish: "length", inputTokens: 8, outputTokens: 3 },
  },
  {
    name: "refusal",
    call: {
      chat: { messages: [user("Help me rob a bank.")] },
      openai: { messages: [{ role: "user", content: "Help me rob a bank." }] },
    },
    script: { refusal: "I can't help with that.", finish: "stop", inputTokens: 11, outputTokens: 8 },
  },
];
