import { describe, expect, it } from "vitest";
import { type Ask, Exchange } from "../core/exchange.js";
import type { Through } from "../core/pass-through.js";
import { openaiResponses } from "../dialects/openai-responses/index.js";
import { ChatRequestSchema, create, EmbeddingRequestSchema, type MessageInitShape, skim } from "../sdk/index.js";
import { mayBeDoubled } from "./may-be-doubled.js";

function asks(ask: Ask, through?: Through): boolean {
  return mayBeDoubled(
    new Exchange({
      id: "r",
      door: "test",
      ask,
      model: "smart",
      stream: false,
      strict: false,
      sink: undefined as never,
      clock: { monotonic: () => 0, wall: () => 0 },
      routing: undefined,
      through,
    }),
  );
}

const wire = (request: object): Ask => {
  const body = Buffer.from(JSON.stringify(request));
  return {
    operation: "complete",
    wire: { dialect: openaiResponses, body, members: skim(body) },
    chat: undefined,
  };
};
const chat = (request: MessageInitShape<typeof ChatRequestSchema>): Ask => ({
  operation: "complete",
  wire: undefined,
  chat: create(ChatRequestSchema, request),
});

describe("two of a request do no harm", () => {
  it.each<[string, Ask]>([
    ["a question", wire({ model: "m", input: "Hi" })],
    ["one that is not to be stored", wire({ model: "m", input: "Hi", store: false, background: false })],
    ["one that speaks of storing", wire({ model: "m", input: '"store": true' })],
    ["the same in the vocabulary", chat({ messages: [], store: false })],
    ["texts to embed", { operation: "embed", wire: undefined, embedding: create(EmbeddingRequestSchema) }],
  ])("for %s", (_name, ask) => {
    expect(asks(ask)).toBe(true);
  });
});

describe("two of a request would do harm", () => {
  it.each([
    ["that is to be stored", wire({ model: "m", input: "Hi", store: true })],
    ["that runs in the background", wire({ model: "m", input: "Hi", background: true })],
    ["that adds to a conversation", wire({ model: "m", input: "Hi", conversation: "conv_1" })],
    ["whose tools act elsewhere", wire({ model: "m", input: "Hi", tools: [{ type: "mcp", server_url: "https://x" }] })],
    ["of another dialect whose tools do", wire({ model: "m", mcp_servers: [{ type: "url", url: "https://x" }] })],
    ["of the vocabulary that is to be stored", chat({ store: true })],
    ["of the vocabulary with such tools", chat({ extensions: { "anthropic-messages": { mcp_servers: [] } } })],
    [
      "of the vocabulary with such a tool",
      chat({ tools: [{ kind: { case: "opaque", value: { dialect: "openai-responses", value: { type: "mcp" } } } }] }),
    ],
    ["that only counts tokens", { ...chat({}), operation: "count_tokens" } as Ask],
  ])("for one %s", (_name, ask) => {
    expect(asks(ask)).toBe(false);
  });

  it("for one that passes to a vendor's own API", () => {
    expect(asks(wire({ model: "m", input: "Hi" }), {} as Through)).toBe(false);
  });
});
