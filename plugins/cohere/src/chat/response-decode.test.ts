import { type Completion, FinishReason, type JsonObject, ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { dialectsOf, encodeChat } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { chat } = dialectsOf(plugin);
const answer = (message: object, more: object = {}) =>
  chat.decodeResponse(
    JSON.stringify({ id: "a-1", message: { role: "assistant", ...message }, finish_reason: "COMPLETE", ...more }),
  );
const partsOf = ({ choices }: Completion) => choices[0]?.message?.parts ?? [];
const call = (args?: string) => ({ id: "look_1", type: "function", function: { name: "look", arguments: args } });

describe("a whole answer of Cohere", () => {
  it("tells thoughts and words in their order", () => {
    const completion = answer({
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "Yes." },
        { type: "x_new", x: 1 },
      ],
    });
    expect(partsOf(completion).map(({ kind }) => kind.case)).toEqual(["reasoning", "text", "opaque"]);
    expect(completion.id).toBe("a-1");
    expect(partsOf(answer({ content: "Yes." }))[0]?.kind.value).toMatchObject({ text: "Yes." });
  });

  it("trap 122: tells a plan as reasoning, never as content, and it goes back to its place", () => {
    const completion = answer({ tool_plan: "I will look.", tool_calls: [call("{}")] }, { finish_reason: "TOOL_CALL" });
    expect(partsOf(completion).map(({ kind }) => kind.case)).toEqual(["reasoning", "toolCall"]);
    const { message } = completion.choices[0] as { message?: object };
    const { body } = encodeChat(chat, { messages: [message as never] });
    expect(body.messages).toEqual([{ role: "assistant", tool_plan: "I will look.", tool_calls: [call("{}")] }]);
  });

  it.each(["null", "", " null ", undefined])("trap 122: has no arguments where the wire writes %j", (args) => {
    const [part] = partsOf(answer({ tool_calls: [call(args)] }));
    expect(part?.kind.value).toMatchObject({ arguments: "{}" });
  });

  it("trap 122: counts tokens as the model read and wrote them, and keeps what is billed", () => {
    const { usage } = answer(
      {},
      {
        usage: {
          billed_units: { input_tokens: 50, output_tokens: 4 },
          tokens: { input_tokens: 1537, output_tokens: 18, reasoning_tokens: 7 },
          cached_tokens: 1408,
        },
      },
    );
    expect(usage).toMatchObject({ inputTokens: 1537, outputTokens: 18, reasoningTokens: 7, cacheReadTokens: 1408 });
    expect(usage?.extensions).toEqual({ cohere: { billed_units: { input_tokens: 50, output_tokens: 4 } } });
    const billed = answer({}, { usage: { billed_units: { input_tokens: 5, output_tokens: 4 } } }).usage;
    expect(billed).toMatchObject({ inputTokens: 5, outputTokens: 4 });
    const pictures = answer({}, { usage: { tokens: { input_tokens: 34, output_tokens: 1, image_tokens: 259 } } }).usage;
    expect(pictures?.inputTokens).toBe(293);
  });

  it.each([
    ["COMPLETE", FinishReason.STOP],
    ["STOP_SEQUENCE", FinishReason.STOP],
    ["MAX_TOKENS", FinishReason.LENGTH],
    ["TOOL_CALL", FinishReason.TOOL_CALLS],
    ["ERROR_TOXIC", FinishReason.CONTENT_FILTER],
    ["ERROR", FinishReason.ERROR],
    ["TIMEOUT", FinishReason.ERROR],
    ["X_NEW", FinishReason.UNSPECIFIED],
    [undefined, FinishReason.UNSPECIFIED],
  ])("trap 121: that ended with %j is known by a common word, and keeps its own", (word, reason) => {
    expect(answer({}, { finish_reason: word }).choices[0]?.finish).toMatchObject({ reason, raw: word ?? "" });
  });

  it("cites its sources on the text that they are of", () => {
    const cited = { start: 0, end: 4, text: "Ruby", type: "TEXT_CONTENT", content_index: 1 };
    const sources = [{ type: "document", id: "doc:0", document: { title: "facts.txt", url: "https://example.com" } }];
    const plan = { start: 0, end: 1, text: "I", sources: [], type: "PLAN" };
    const completion = answer({
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "Ruby." },
      ],
      citations: [{ ...cited, sources }, plan],
    });
    const [, text] = partsOf(completion);
    expect(text?.kind.case === "text" && text.kind.value.citations).toMatchObject([
      {
        startIndex: 0,
        endIndex: 4,
        title: "facts.txt",
        url: "https://example.com",
        extensions: { cohere: { sources } },
      },
    ]);
    expect(completion.choices[0]?.message?.extensions).toEqual({ cohere: { citations: [plan] } });
    const { body } = encodeChat(chat, { messages: [completion.choices[0]?.message as never] });
    expect((body.messages as JsonObject[])[0]?.citations).toEqual([{ ...cited, sources }]);
  });

  it("tells log probabilities, and keeps what it does not know", () => {
    const completion = answer(
      { content: "ab", mood: "glad" },
      {
        logprobs: [
          { text: "a", token_ids: [1], logprobs: [-1] },
          { text: "bc", logprobs: [-2, -3] },
        ],
        prompt: "<x>",
      },
    );
    expect(completion.choices[0]?.logprobs?.content.map(({ token, logprob }) => [token, logprob])).toEqual([
      ["a", -1],
      ["bc", -2],
      ["", -3],
    ]);
    expect(completion.extensions).toEqual({ cohere: { prompt: "<x>" } });
    expect(completion.choices[0]?.message?.extensions).toEqual({ cohere: { mood: "glad" } });
  });

  it.each([["nonsense"], ["[]"], ["{}"], ['{"message":"no"}']])("is refused when it is none: %s", (text) => {
    expect(() => chat.decodeResponse(text)).toThrow(ParlanceError);
  });
});

describe("a refusal of Cohere", () => {
  const refusal = (status: number, body: object | string) =>
    chat.decodeError(status, {}, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));

  it.each([
    [
      400,
      { id: "1", message: "too many tokens: size limit exceeded by 25836 tokens.", error_type: "TOO_MANY_TOKENS" },
      "context_length_exceeded",
    ],
    [
      400,
      { id: "1", message: "too many tokens: total number of tokens in the prompt cannot exceed 4081" },
      "context_length_exceeded",
    ],
    [400, { message: "invalid request: message must be at least 1 token long" }, "invalid_request"],
    [401, { id: "1", message: "invalid api token" }, "provider_unauthenticated"],
    [
      404,
      { id: "1", message: "model 'embed-v9.0' not found, make sure the correct model ID was used" },
      "model_not_found",
    ],
    [404, { id: "1", message: "model 'command-r' was removed on September 15, 2025." }, "model_not_found"],
    [422, { id: "1", message: "unprocessable" }, "invalid_request"],
    [429, { id: "1", message: "You are using a Trial key" }, "provider_rate_limited"],
    [498, { id: "1", message: "invalid token" }, "provider_unauthenticated"],
    [500, { id: "1", message: "internal" }, "provider_error"],
    [502, "<html>", "provider_error"],
    [503, { message: "unavailable" }, "provider_overloaded"],
    [504, {}, "provider_timeout"],
  ])("trap 120: is a message with an id, of %i %j", (status, body, code) => {
    const error = refusal(status, body);
    expect(error.code).toBe(code);
    expect(error.facts.providerStatus).toBe(status);
  });

  it("trap 120: keeps the words of what is the caller's own, and hides the gateway's key", () => {
    expect(refusal(400, { id: "1", message: "no such thing" }).message).toBe("no such thing");
    expect(refusal(401, { message: "Incorrect API key provided: co-1234***5678." }).message).not.toContain("1234");
  });
});
