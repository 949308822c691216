import { describe, expect, it } from "vitest";
import { type Passage, SseSplitter } from "../../src/sdk/index.js";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import { EventWatch } from "../../src/dialects/event-watch.js";
import { gemini } from "../../src/dialects/gemini-generate/index.js";
import { openaiChat } from "../../src/dialects/openai-chat/index.js";
import { openaiResponses } from "../../src/dialects/openai-responses/index.js";

const data = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`;
const named = (type: string, members: object = {}): string => `event: ${type}\n${data({ type, ...members })}`;

/** A stream of each dialect in three pieces: its first content, a word more, its end. */
const STREAMS = {
  "openai-chat": {
    passage: () => openaiChat.passage(false),
    said: (text: string) => data({ id: "c", choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }),
    end: `${data({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}data: [DONE]\n\n`,
    last: "data: [DONE]\n\n",
  },
  "anthropic-messages": {
    passage: () => anthropicMessages.passage(false),
    said: (text: string) => named("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
    end:
      named("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }) +
      named("message_stop"),
    last: named("message_stop"),
  },
  "openai-responses": {
    passage: () => openaiResponses.passage(false),
    said: (delta: string) => named("response.output_text.delta", { output_index: 0, delta }),
    end: named("response.completed", { response: { status: "completed", output: [] } }),
    last: named("response.completed", { response: { status: "completed", output: [] } }),
  },
  "gemini-generate": {
    passage: () => gemini.passage(false),
    said: (text: string) => data({ candidates: [{ content: { parts: [{ text }] } }] }),
    end: data({ candidates: [{ content: { parts: [] }, finishReason: "STOP" }] }),
    last: undefined,
  },
} as const;

/** Lines that nobody could read, by what is wrong with them. */
const MALFORMED: readonly (readonly [string, (good: string) => string])[] = [
  ["half of it", (good) => `${good.trimEnd().slice(0, -9)}\n\n`],
  ["no more than its beginning", () => 'data: {"half":\n\n'],
  ["no JSON at all", () => "data: <html>oops</html>\n\n"],
  ["JSON and no object", () => 'data: "words"\n\n'],
];

function pass(passage: Passage, blocks: readonly string[]): string {
  const splitter = new SseSplitter();
  let out = "";
  for (const block of blocks) {
    const whole = splitter.push(Buffer.from(block));
    if (whole !== undefined && passage.error === undefined) out += passage.push(whole).toString();
  }
  return out;
}

describe.each(Object.entries(STREAMS))("a verbatim stream of %s", (_name, { passage: make, said, end, last }) => {
  it.each(MALFORMED)("ends with an error at a line that is %s, and what came before it has passed", (_how, spoil) => {
    for (const blocks of [
      [said("a"), said("b"), spoil(said("c")), said("d"), end],
      [said("a"), said("b") + spoil(said("c")) + said("d") + end],
    ]) {
      const passage = make();
      expect(pass(passage, blocks)).toBe(said("a") + said("b"));
      expect(passage.error?.code).toBe("malformed_answer");
      expect(passage.finished).toBe(false);
    }
  });

  it.each(MALFORMED)("has nothing passed of it where its first line is %s", (_how, spoil) => {
    const passage = make();
    expect(pass(passage, [spoil(said("a")), said("b"), end])).toBe("");
    expect([passage.error?.code, passage.content]).toEqual(["malformed_answer", false]);
  });

  it.each(["\n", "\r\n"])("passes as it came, however its events are padded (line ends %j)", (ending) => {
    const events = ["a", '"quoted": {', "}", "b\n\ndata: c", "ö"].map((text, at) =>
      said(text).replace("}\n\n", `${" ".repeat(at)}}\n\n`),
    );
    const blocks = [...events, ": a comment\n\n", "\n", events.join(""), end].map((text) =>
      text.replaceAll("\n", ending),
    );
    const passage = make();
    expect(pass(passage, blocks)).toBe(blocks.join(""));
    expect([passage.error, passage.finished]).toEqual([undefined, true]);
  });

  if (last !== undefined) {
    it("gives the client nothing of what comes after its end", () => {
      for (const blocks of [[said("a"), end, last, said("b"), end], [said("a") + end + said("b") + end]]) {
        const passage = make();
        expect(pass(passage, blocks)).toBe(said("a") + end);
        expect([passage.error, passage.finished]).toEqual([undefined, true]);
      }
    });
  }
});

it("a message that begins a second time cannot be read", () => {
  const start = named("message_start", { message: { id: "m", content: [] } });
  const { said } = STREAMS["anthropic-messages"];
  const passage = anthropicMessages.passage(false);
  expect(pass(passage, [start, said("a"), start])).toBe(start + said("a"));
  expect(passage.error?.code).toBe("malformed_answer");
});

it("a watch parses what ends as nothing before, and remembers it", () => {
  const watch = new EventWatch();
  const block = STREAMS["openai-chat"].said("a");
  expect(watch.find(block.repeat(3))).toBe(-1);
  // As ever at both ends, so it is taken for what it was a hundred times: only a parse could tell.
  expect(watch.find(block.replace('"choices":[', '"choices":(['))).toBe(-1);
  expect(watch.find(block + block.replace("}]}", "}]]"))).toBe(block.length);
});
