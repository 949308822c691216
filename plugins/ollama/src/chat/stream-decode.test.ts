import fc from "fast-check";
import { ChunkOrder, FinishReason, fold, ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { ollamaLines, ollamaStream } from "../../../../test/kits/ollama-wire.js";
import type { Script } from "../../../../test/kits/script.js";
import { cutAt, decodePieces, dialectsOf } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { chat } = dialectsOf(plugin);
const decode = (text: string) => decodePieces(chat, [Buffer.from(text)]);
const SCRIPT: Script = {
  reasoning: "Zuerst: größer? 日本 👋",
  text: "Hello, wörld — 你好 👋!",
  toolCalls: [
    { id: "call_a", name: "look", arguments: '{"city":"Oslo"}' },
    { id: "call_b", name: "look", arguments: '{"city":"東京"}' },
  ],
  finish: "tool_calls",
  inputTokens: 9,
  outputTokens: 7,
};

describe("a stream of Ollama", () => {
  it("trap 105: any split of its bytes gives the same chunks, in an order that any client can read (law 2)", () => {
    const bytes = Buffer.from(ollamaStream(SCRIPT).replaceAll("\n", "\r\n").trimEnd());
    const whole = decodePieces(chat, [bytes]);
    const order = new ChunkOrder();
    for (const { event } of whole) order.take(event);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (places) => {
        expect(decodePieces(chat, cutAt(bytes, places))).toEqual(whole);
      }),
    );
    expect(
      decodePieces(
        chat,
        [...bytes].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual(whole);
  });

  it("trap 105: ends with a line that says so and has no content, and not with a word", () => {
    const completion = fold(decode(ollamaStream(SCRIPT)));
    const [choice] = completion.choices;
    expect(choice?.message?.parts.map(({ kind }) => kind.case)).toEqual(["reasoning", "text", "toolCall", "toolCall"]);
    expect(choice?.message?.parts[1]?.kind.value).toMatchObject({ text: SCRIPT.text });
    expect(completion.usage).toMatchObject({ inputTokens: 9, outputTokens: 7 });
  });

  it("trap 108: that called tools in an earlier line has stopped for them", () => {
    const { choices } = fold(decode(ollamaStream(SCRIPT)));
    expect(choices[0]?.finish).toMatchObject({ reason: FinishReason.TOOL_CALLS, raw: "stop" });
  });

  it("trap 107: tells calls apart that come without ids, in one line and in several", () => {
    const call = (city: string) => ({ function: { name: "look", arguments: { city } } });
    const lines = [
      { created_at: "t", message: { tool_calls: [call("Oslo"), call("Rome")] }, done: false },
      { created_at: "u", message: { tool_calls: [call("Bonn")] }, done: false },
      { created_at: "v", message: { content: "" }, done: true },
    ];
    const { choices } = fold(decode(lines.map((line) => JSON.stringify(line)).join("\n")));
    const calls =
      choices[0]?.message?.parts.flatMap(({ kind }) => (kind.case === "toolCall" ? [kind.value] : [])) ?? [];
    expect(calls.map((one) => one.arguments)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}', '{"city":"Bonn"}']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
  });

  it("trap 110: tells no count that its last line does not hold", () => {
    const lines = ollamaLines({ ...SCRIPT, toolCalls: [] });
    delete lines.at(-1)?.prompt_eval_count;
    const { usage } = fold(decode(lines.map((line) => JSON.stringify(line)).join("\n")));
    expect(usage?.inputTokens).toBeUndefined();
    expect(usage?.outputTokens).toBe(7);
  });

  it("trap 111: that ends in an error is one, and no answer", () => {
    const lines = ollamaLines({ ...SCRIPT, toolCalls: [] }).slice(0, 3);
    const text = [...lines, { error: "an error was encountered while running the model" }]
      .map((line) => JSON.stringify(line))
      .join("\n");
    expect(() => decode(text)).toThrow("an error was encountered while running the model");
    const failed = (line: string) => {
      try {
        return decode(line);
      } catch (thrown) {
        return ParlanceError.from(thrown).code;
      }
    };
    expect(failed('{"error":"boom"}')).toBe("provider_error");
    expect(failed('{"error":"slow down","status_code":429}')).toBe("provider_rate_limited");
  });

  it("that is cut off before its last line was not whole", () => {
    const text = ollamaStream(SCRIPT).split("\n").slice(0, -2).join("\n");
    expect(() => decode(text)).toThrow(/ended before the answer was whole/);
    expect(() => decode("")).toThrow(/ended before the answer was whole/);
    expect(() => decode("nonsense")).toThrow(/not a JSON object/);
  });

  it("tells log probabilities as they come, and keeps fields that it does not know", () => {
    const lines = [
      { message: { content: "a", mood: "glad" }, logprobs: [{ token: "a", logprob: -1 }], done: false },
      { message: { content: "b" }, logprobs: [{ token: "b", logprob: -2 }], remote_host: "https://x", done: true },
    ];
    const completion = fold(decode(lines.map((line) => JSON.stringify(line)).join("\n")));
    expect(completion.choices[0]?.logprobs?.content.map(({ token }) => token)).toEqual(["a", "b"]);
    expect(completion.choices[0]?.message?.extensions).toEqual({ ollama: { mood: "glad" } });
    expect(completion.extensions).toEqual({ ollama: { remote_host: "https://x" } });
  });
});
