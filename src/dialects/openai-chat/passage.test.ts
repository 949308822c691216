import { describe, expect, test } from "vitest";
import { skim } from "../../sdk/index.js";
import { openaiChat } from "./index.js";

const event = (body: unknown) => Buffer.from(`data: ${typeof body === "string" ? body : JSON.stringify(body)}\n\n`);
const delta = (content: unknown, finish: unknown = null, more: object = {}) =>
  event({ id: "c", choices: [{ index: 0, delta: content, finish_reason: finish }], usage: null, ...more });
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const usageOnly = event({ id: "c", choices: [], usage });

describe("a verbatim stream", () => {
  test("role, padding and usage are no content; text, reasoning and calls are", () => {
    const passage = openaiChat.passage(false);
    passage.push(
      Buffer.concat([
        Buffer.from(": hi\n\n"),
        delta({ role: "assistant", content: "" }),
        event({ choices: [] }),
        usageOnly,
      ]),
    );
    expect(passage.content).toBe(false);
    for (const content of [
      { content: "a" },
      { reasoning: "a" },
      { tool_calls: [{ index: 0 }] },
      { refusal: "a" },
      { audio: {} },
    ]) {
      const other = openaiChat.passage(false);
      other.push(delta(content));
      expect(other.content).toBe(true);
    }
  });

  test.each(["\n", "\r\n"])(
    "trap 50: usage that only the gateway asked for is withheld, and nothing else",
    (ending) => {
      const text = (parts: Buffer[]) => Buffer.from(Buffer.concat(parts).toString().replaceAll("\n", ending));
      const body = [delta({ content: "a" }), delta({}, "stop")];
      for (const blocks of [
        [[...body, usageOnly, event("[DONE]")]],
        [[body[0] as Buffer], [body[1] as Buffer, usageOnly, event("[DONE]")]],
      ]) {
        const passage = openaiChat.passage(true);
        const out = blocks.map((block) => passage.push(text(block)));
        expect(Buffer.concat(out)).toEqual(text([...body, event("[DONE]")]));
        expect(passage.usage?.outputTokens).toBe(2);
        expect([passage.finished, passage.finish?.raw]).toEqual([true, "stop"]);
      }
    },
  );

  test.each([":", ": ", ":  ", " : ", ":\t"])("names and values may stand apart as in %j", (colon) => {
    const spaced = (body: Buffer) => Buffer.from(body.toString().replaceAll(/(?<!\\)":/g, `"${colon}`));
    const passage = openaiChat.passage(true);
    const text = spaced(delta({ content: 'say "usage": {"x' }));
    expect(passage.push(text)).toBe(text);
    const end = [delta({ content: "b" }), delta({}, "stop")].map(spaced);
    expect(passage.push(Buffer.concat([...end, spaced(usageOnly)]))).toEqual(Buffer.concat(end));
    expect([passage.usage?.outputTokens, passage.finish?.raw, passage.finished]).toEqual([2, "stop", true]);
  });

  test("trap 114: usage that comes with a choice is read and stays", () => {
    const passage = openaiChat.passage(true);
    passage.push(delta({ content: "a" }));
    const last = delta({}, "stop", { usage });
    expect(passage.push(last)).toBe(last);
    expect(passage.usage?.inputTokens).toBe(1);
  });

  test("words inside a text never fool it, and the same buffer comes out", () => {
    const passage = openaiChat.passage(true);
    passage.push(delta({ content: "a" }));
    for (const text of [
      '"usage":{"prompt_tokens":9}',
      '"finish_reason":"stop"',
      '"error":{"message":"x"}',
      "data: [DONE]",
      "\n\ndata: [DONE]\n\n",
      "usage",
      "error",
      "event: error",
    ]) {
      const block = delta({ content: text });
      expect(passage.push(block)).toBe(block);
    }
    expect([passage.finished, passage.error, passage.usage]).toEqual([false, undefined, undefined]);
  });

  test("trap 119: an error ends it before the client sees it", () => {
    for (const bad of [
      event({ error: { message: "bad" } }),
      Buffer.from('event: error\ndata: {"message":"bad"}\n\n'),
    ]) {
      const passage = openaiChat.passage(false);
      const good = delta({ content: "a" });
      passage.push(good);
      expect(passage.push(Buffer.concat([good, bad, good])).toString()).toBe(good.toString());
      expect(passage.error?.message).toBe("bad");
    }
  });

  test("[DONE] alone is an end", () => {
    const passage = openaiChat.passage(false);
    passage.push(delta({ content: "a" }));
    passage.push(event("[DONE]"));
    expect(passage.finished).toBe(true);
  });

  test("trap 52: [DONE] without a finish and without any content is no answer", () => {
    const passage = openaiChat.passage(false);
    passage.push(delta({ role: "assistant", content: "" }));
    passage.push(event("[DONE]"));
    expect(passage.finished).toBe(false);
  });
});

describe("a spliced request", () => {
  const spliced = (text: string, stream = false, model = "new") => {
    const body = Buffer.from(text);
    return openaiChat.spliceRequest(body, skim(body), { model, stream }).toString();
  };

  test("trap 134: only the model's bytes change", () => {
    expect(spliced('{ "model" : "old", "x":1.0, "y":12345678901234567890 }')).toBe(
      '{ "model" : "new", "x":1.0, "y":12345678901234567890 }',
    );
    const body = Buffer.from('{"model":"new"}');
    expect(openaiChat.spliceRequest(body, skim(body), { model: "new", stream: false })).toBe(body);
  });

  test.each([
    ['{"model":"new","stream":true}', '{"model":"new","stream":true,"stream_options":{"include_usage":true}}'],
    ['{"model":"new","stream_options":null}', '{"model":"new","stream_options":{"include_usage":true}}'],
    // What is wrong with it is for the provider to say.
    ['{"model":"new","stream_options":5}', '{"model":"new","stream_options":5}'],
    ['{"model":"new","stream_options":{}}', '{"model":"new","stream_options":{"include_usage":true}}'],
    ['{"model":"new","stream_options":{"x":1}}', '{"model":"new","stream_options":{"include_usage":true,"x":1}}'],
    [
      '{"stream_options":{"x":1,"include_usage":false},"model":"old"}',
      '{"stream_options":{"x":1,"include_usage":true},"model":"new"}',
    ],
    [
      '{"model":"new","stream_options":{"include_usage":true}}',
      '{"model":"new","stream_options":{"include_usage":true}}',
    ],
  ])("trap 50: %s asks for usage", (before, after) => {
    expect(spliced(before, true)).toBe(after);
  });

  test.each([
    ['{"parlance":{"strict":true},"model":"new"}', '{"model":"new"}'],
    ['{"model":"new", "parlance": {} }', '{"model":"new" }'],
    ['{"model":"new","parlance":{},"n":1}', '{"model":"new","n":1}'],
    [
      '{"model":"new","messages":[{"role":"assistant","content":"a","parlance":{"parts":[]}}]}',
      '{"model":"new","messages":[{"role":"assistant","content":"a"}]}',
    ],
  ])("the gateway's own member is cut out of %s", (before, after) => {
    expect(spliced(before)).toBe(after);
  });
});

describe("a gleaned answer", () => {
  test("trap 114: usage and finish are read without a parse, and past their look-alikes", () => {
    const body = {
      choices: [{ index: 0, message: { content: '"usage":{"prompt_tokens":9}' }, finish_reason: "length" }],
      usage,
      tail: "usage",
    };
    const gleaned = openaiChat.glean(Buffer.from(JSON.stringify(body)));
    expect([gleaned.usage?.outputTokens, gleaned.finish?.raw]).toEqual([2, "length"]);
    expect(openaiChat.glean(Buffer.from("{}"))).toEqual({ usage: undefined, finish: undefined });
    expect(openaiChat.glean(Buffer.from("<html>"))).toEqual({ usage: undefined, finish: undefined });
  });
});

test("nothing is read of a whole answer that breaks off, be it after its usage", () => {
  const body = JSON.stringify({ choices: [{ message: { content: "a" }, finish_reason: "stop" }], usage });
  for (const cut of [1, 2, 10, body.length - 1]) {
    expect(openaiChat.glean(Buffer.from(body.slice(0, -cut)))).toEqual({ usage: undefined, finish: undefined });
  }
});
