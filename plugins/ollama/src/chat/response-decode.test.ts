import { type Completion, FinishReason, type Part, ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { dialectsOf } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { chat } = dialectsOf(plugin);
const answer = (message: object, more: object = {}) =>
  chat.decodeResponse(
    JSON.stringify({
      model: "llama3.2",
      created_at: "2025-07-07T20:32:53.844124Z",
      message: { role: "assistant", content: "", ...message },
      done: true,
      done_reason: "stop",
      ...more,
    }),
  );
const partsOf = ({ choices }: Completion): Part[] => choices[0]?.message?.parts ?? [];
const callsOf = (completion: Completion) =>
  partsOf(completion).flatMap(({ kind }) => (kind.case === "toolCall" ? [kind.value] : []));

describe("a whole answer of Ollama", () => {
  it("trap 112: tells thinking as reasoning, before the words", () => {
    const completion = answer({ content: "Blue.", thinking: "Why?" });
    expect(partsOf(completion).map(({ kind }) => [kind.case, (kind.value as { text: string }).text])).toEqual([
      ["reasoning", "Why?"],
      ["text", "Blue."],
    ]);
    expect(completion.model).toBe("llama3.2");
    expect(completion.createTime?.seconds).toBe(1_751_920_373n);
    expect(completion.choices[0]?.finish).toMatchObject({ reason: FinishReason.STOP, raw: "stop" });
  });

  it("trap 106: has the arguments of calls as text, exactly as they came", () => {
    const text = JSON.stringify({ message: { tool_calls: [{ id: "a", function: { name: "f", arguments: "@" } }] } });
    const completion = chat.decodeResponse(text.replace('"@"', '{"n":12345678901234567890, "x":1.50}'));
    expect(callsOf(completion)).toMatchObject([
      { id: "a", name: "f", arguments: '{"n":12345678901234567890, "x":1.50}' },
    ]);
    const loose = [{ function: { name: "f" } }, { function: { name: "g", arguments: '{"a":1}' } }];
    expect(callsOf(answer({ tool_calls: loose })).map((call) => call.arguments)).toEqual(["{}", '{"a":1}']);
  });

  it("trap 107: makes ids for calls that come without, the same for the same answer and others for others", () => {
    const calls = [{ function: { name: "f", arguments: {} } }, { function: { name: "f", arguments: {} } }];
    const ids = (created: string) =>
      callsOf(answer({ tool_calls: calls }, { created_at: created })).map(({ id }) => id);
    const first = ids("2025-07-07T20:32:53.844124Z");
    expect(new Set([...first, ...ids("2025-07-07T20:32:53.844125Z")]).size).toBe(4);
    expect(ids("2025-07-07T20:32:53.844124Z")).toEqual(first);
    expect(callsOf(answer({ tool_calls: [{ id: "call_x", function: { name: "f", arguments: {} } }] }))[0]?.id).toBe(
      "call_x",
    );
  });

  it("trap 108: that calls tools has stopped for them, and one that was cut off has not", () => {
    const tool_calls = [{ function: { name: "f", arguments: {} } }];
    const finish = (message: object, done_reason?: string) => answer(message, { done_reason }).choices[0]?.finish;
    expect(finish({ tool_calls }, "stop")).toMatchObject({ reason: FinishReason.TOOL_CALLS, raw: "stop" });
    expect(finish({ tool_calls })).toMatchObject({ reason: FinishReason.TOOL_CALLS, raw: "" });
    expect(finish({ tool_calls }, "length")).toMatchObject({ reason: FinishReason.LENGTH });
    expect(finish({}, "load")).toMatchObject({ reason: FinishReason.STOP, raw: "load" });
    expect(finish({}, "x_new")).toMatchObject({ reason: FinishReason.UNSPECIFIED, raw: "x_new" });
  });

  it("trap 110: tells no count of a prompt that was cached, and durations as they came", () => {
    const { usage } = answer({ content: "a" }, { eval_count: 79, eval_duration: 2_530_305_000, total_duration: 1 });
    expect(usage?.inputTokens).toBeUndefined();
    expect(usage?.outputTokens).toBe(79);
    expect(usage?.extensions).toEqual({ ollama: { eval_duration: 2_530_305_000, total_duration: 1 } });
    expect(answer({ content: "a" }, { prompt_eval_count: 0 }).usage?.inputTokens).toBe(0);
    expect(answer({ content: "a" }).usage).toBeUndefined();
  });

  it("tells log probabilities and pictures, and keeps what it does not know", () => {
    const completion = answer(
      {
        content: "a",
        images: ["iVBORw0KGgo="],
        mood: "glad",
        tool_calls: [{ id: "c", function: { name: "f", index: 3 } }],
      },
      {
        logprobs: [{ token: "a", logprob: -0.5, bytes: [97], top_logprobs: [{ token: "b", logprob: -1 }] }],
        remote_model: "gpt-oss:120b",
      },
    );
    expect(completion.choices[0]?.logprobs?.content).toMatchObject([
      { token: "a", logprob: -0.5, topLogprobs: [{ token: "b", logprob: -1 }] },
    ]);
    expect(partsOf(completion)[1]?.kind).toMatchObject({ case: "image", value: { mediaType: "image/png" } });
    expect(completion.extensions).toEqual({ ollama: { remote_model: "gpt-oss:120b" } });
    expect(completion.choices[0]?.message?.extensions).toEqual({ ollama: { mood: "glad" } });
    expect(partsOf(completion)[2]?.extensions).toEqual({ ollama: { function: { index: 3 } } });
  });

  it.each([["not JSON"], ["[]"], ["{}"], ['{"message":"text"}']])("is refused when it is none: %s", (text) => {
    expect(() => chat.decodeResponse(text)).toThrow(ParlanceError);
  });
});

describe("a refusal of Ollama", () => {
  const refusal = (status: number, body: string) => chat.decodeError(status, {}, Buffer.from(body));

  it.each([
    [404, "model 'llama3.2:latest' not found", "model_not_found"],
    [404, 'model "llama3.2" not found, try pulling it first', "model_not_found"],
    [400, '"llama3" does not support tools', "invalid_request"],
    [400, "the input length exceeds the context length", "context_length_exceeded"],
    [401, "unauthorized", "provider_unauthenticated"],
    [429, "too many requests", "provider_rate_limited"],
    [500, "llama runner process has terminated", "provider_error"],
    [503, "server busy, please try again.  maximum pending requests exceeded", "provider_overloaded"],
  ])("trap 111: is a text, of %i %j", (status, error, code) => {
    const decoded = refusal(status, JSON.stringify({ error }));
    expect(decoded.code).toBe(code);
    expect(decoded.message).toContain(error);
  });

  it("trap 111: inside a 200 is an error too", () => {
    expect(() => chat.decodeResponse('{"error":"out of memory"}')).toThrow("out of memory");
  });

  it("of a proxy, or of a server that speaks another wire, is read as far as it goes", () => {
    expect(refusal(502, "<html>").code).toBe("provider_error");
    expect(refusal(400, '{"error":{"message":"no"}}').message).toBe("no");
  });
});
