import { describe, expect, test } from "vitest";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import { openaiChat } from "../../src/dialects/openai-chat/index.js";
import { type Chunk, fold, type JsonObject, Losses, ParlanceError, readSse } from "../../src/sdk/index.js";
import { recordings } from "../recordings.js";
import { context, eventsOf, readStream } from "../support/anthropic-streams.js";

const recorded = recordings({ api: ["chat", "compat.chat"] });
const requests = recorded.filter(
  ({ request, response }) =>
    typeof (request.body as JsonObject | null)?.model === "string" &&
    request.recorded !== false &&
    response.status === 200,
);
const streams = recorded.filter(({ response }) => response.status === 200 && response.sse !== undefined);
const table = (list: typeof recorded) => list.map((one) => [`${one.id} ${one.provider} ${one.scenario}`, one] as const);

describe("requests that came in openai-chat", () => {
  test("are many", () => {
    expect(requests.length).toBeGreaterThan(300);
  });

  test.each(table(requests))("%s is valid in anthropic-messages, or refused by name", (_, { request }) => {
    const decoded = openaiChat.decodeRequest(JSON.stringify(request.body));
    const target = { model: "claude-x", stream: false, traits: { maxOutputTokens: 1000 }, losses: new Losses() };
    let body: JsonObject;
    try {
      body = JSON.parse(anthropicMessages.encodeRequest(decoded, target)) as JsonObject;
    } catch (thrown) {
      const error = ParlanceError.from(thrown);
      expect(["invalid_request", "unsupported"]).toContain(error.code);
      expect(error.facts.field).toBeDefined();
      return;
    }
    expectValid(body);
    // What was written is read again as the same conversation.
    const again = anthropicMessages.decodeRequest(JSON.stringify(body));
    expect(JSON.parse(anthropicMessages.encodeRequest(again, { ...target, losses: new Losses() }))).toEqual(body);
  });
});

describe("streams that came in openai-chat", () => {
  test("are many", () => {
    expect(streams.length).toBeGreaterThan(100);
  });

  test.each(table(streams))("%s is the same answer in anthropic-messages", (_, { response }) => {
    const chunks: Chunk[] = [];
    const decoder = openaiChat.streamDecoder();
    try {
      readSse(response.sse as string, (event) => decoder.decode(event, chunks));
      decoder.end(chunks);
    } catch (thrown) {
      // A recorded failure: there is no answer to tell.
      expect(ParlanceError.is(thrown)).toBe(true);
      return;
    }
    const encoder = anthropicMessages.streamEncoder(context);
    const sse = chunks.map((chunk) => encoder.encode(chunk)).join("");
    expect(eventsOf(sse).at(-1)?.type).toBe("message_stop");
    const { completion, error } = readStream([Buffer.from(sse)]);
    expect(error).toBeUndefined();
    const before = fold(chunks);
    expect(wordsOf(completion)).toEqual(wordsOf(before));
    // One recorded provider counts more cached tokens than tokens: there, the wire can only say the larger number.
    expect(completion.usage?.inputTokens).toBe(
      Math.max(before.usage?.inputTokens ?? 0, before.usage?.cacheReadTokens ?? 0),
    );
    expect(completion.usage?.outputTokens).toBe(before.usage?.outputTokens ?? 0);
  });
});

/** What the provider checks before it answers. */
function expectValid(body: JsonObject): void {
  const messages = body.messages as JsonObject[];
  expect(messages.length).toBeGreaterThan(0);
  let waiting: string[] = [];
  for (const { role, content } of messages) {
    expect(["user", "assistant", "system"]).toContain(role);
    if (typeof content === "string") expect(content).not.toBe("");
    const blocks = typeof content === "string" ? [] : (content as JsonObject[]);
    if (typeof content !== "string") expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) if (block.type === "text") expect(block.text).not.toBe("");
    const results = blocks.filter(({ type }) => type === "tool_result").map((block) => block.tool_use_id as string);
    // A result for what was called, and each once; whether every call is answered is the caller's doing.
    if (waiting.length > 0) {
      expect(new Set(results).size).toBe(results.length);
      for (const id of results) expect(waiting).toContain(id);
    }
    expect(blocks.slice(0, results.length).every(({ type }) => type === "tool_result")).toBe(true);
    waiting = blocks.filter(({ type }) => type === "tool_use").map(({ id }) => id as string);
    for (const id of waiting) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  }
}

function wordsOf(completion: ReturnType<typeof fold>): unknown {
  const parts = completion.choices[0]?.message?.parts ?? [];
  const of = (kind: string): string =>
    parts.map((part) => (part.kind.case === kind ? (part.kind.value as { text: string }).text : "")).join("");
  const calls = parts.flatMap(({ kind }) =>
    kind.case === "toolCall" ? [[kind.value.id, kind.value.name, kind.value.arguments || "{}"]] : [],
  );
  return [of("text") + of("refusal"), of("reasoning"), calls];
}
