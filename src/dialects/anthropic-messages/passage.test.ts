import { describe, expect, it } from "vitest";
import {
  blockStart,
  blockStop,
  delta,
  messageDelta,
  messageStop,
  sseOf,
  start,
  textBlock,
} from "../../../test/support/anthropic-streams.js";
import type { JsonObject, Passage } from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

const passed = (...events: JsonObject[]): Passage => {
  const passage = anthropicMessages.passage(true);
  for (const event of events) {
    const bytes = Buffer.from(sseOf(event));
    expect(passage.push(bytes)).toBe(bytes);
  }
  return passage;
};

describe("a stream that passes verbatim", () => {
  it("is read for its usage, its finish and its end, and given on as it came", () => {
    const passage = passed(
      start({ input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 }),
      ...textBlock(0, "a"),
    );
    expect([passage.content, passage.finished]).toEqual([true, false]);
    expect(passage.usage).toMatchObject({ inputTokens: 15 });
    passage.push(Buffer.from(sseOf(messageDelta("max_tokens", { output_tokens: 9 }), messageStop)));
    expect(passage.finished).toBe(true);
    expect(passage.usage).toMatchObject({ inputTokens: 15, outputTokens: 9, cacheReadTokens: 5 });
    expect(passage.finish).toMatchObject({ raw: "max_tokens" });
  });

  it.each([
    ["a start and a ping", [start(), { type: "ping" }], false],
    [
      "an empty text block",
      [start(), blockStart(0, { type: "text", text: "" }), delta(0, { type: "text_delta", text: "" })],
      false,
    ],
    ["an empty thinking block", [start(), blockStart(0, { type: "thinking", thinking: "", signature: "" })], false],
    ["a text", [blockStart(0, { type: "text", text: "" }), delta(0, { type: "text_delta", text: "a" })], true],
    ["reasoning", [delta(0, { type: "thinking_delta", thinking: "a" })], true],
    ["a signature", [delta(0, { type: "signature_delta", signature: "a" })], true],
    ["a call", [blockStart(0, { type: "tool_use", id: "t", name: "n", input: {} })], true],
    ["redacted thinking", [blockStart(0, { type: "redacted_thinking", data: "x" })], true],
    ["a refusal without a word", [start(), messageDelta("refusal"), messageStop], false],
  ] as [string, JsonObject[], boolean][])("%s is content or not", (_, events, content) => {
    expect(passed(...events).content).toBe(content);
  });

  it("is not misled by words that a text quotes", () => {
    const text = '{"type":"error"} {"type":"message_stop"} event: error';
    const passage = passed(start(), ...textBlock(0, "a", text));
    expect([passage.finished, passage.error]).toEqual([false, undefined]);
  });

  it("ends at an error event, with what came before it", () => {
    for (const content of [[], textBlock(0, "a")]) {
      const passage = passed(start(), ...content);
      const before = sseOf(blockStop(0));
      const failure = sseOf({ type: "error", error: { type: "overloaded_error", message: "Busy" } });
      expect(passage.push(Buffer.from(before + failure)).toString()).toBe(before);
      expect(passage.error?.code).toBe("provider_overloaded");
    }
  });

  it("that holds an event which is no JSON is a fault", () => {
    const passage = anthropicMessages.passage(false);
    passage.push(Buffer.from("event: message_start\ndata: {\n\n"));
    expect(passage.error?.code).toBe("malformed_answer");
  });
});
