import { ChatRequestSchema, create, Losses, type MessageInitShape, ParlanceError, Role } from "@parlance/sdk";
import { openaiChat } from "@parlance/sdk/dialects";
import { describe, expect, it } from "vitest";
import { chatDialect } from "./chat-dialect.js";
import { embeddingDialect } from "./embedding-dialect.js";
import { createMistral } from "./mistral.js";
import { MODEL_TRAITS } from "./model-traits.js";
import { nineSigns } from "./nine-signs.js";

const target = (losses = new Losses()) => ({ model: "mistral-small", stream: false, traits: MODEL_TRAITS, losses });

function encode(body: object, safePrompt?: boolean) {
  const losses = new Losses();
  const request = openaiChat.decodeRequest(JSON.stringify({ model: "m", ...body }));
  const encoded = JSON.parse(chatDialect(safePrompt).encodeRequest(request, target(losses)));
  return { encoded, lost: losses.list.map(({ path }) => path) };
}

const call = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
const user = { role: "user", content: "Hi" };

describe("trap 117: Mistral", () => {
  it("gets ids of nine letters and digits, the same for a call and its answer", () => {
    const { encoded, lost } = encode({
      messages: [
        user,
        { role: "assistant", content: null, tool_calls: [call("call_abc"), call("AbCdEf123")] },
        { role: "tool", tool_call_id: "call_abc", content: "1" },
        { role: "tool", tool_call_id: "AbCdEf123", content: "2" },
      ],
    });
    const [made, kept] = encoded.messages[1].tool_calls;
    expect(made.id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(kept.id).toBe("AbCdEf123");
    expect(encoded.messages[2].tool_call_id).toBe(made.id);
    expect(encoded.messages[3].tool_call_id).toBe("AbCdEf123");
    expect(lost).toEqual([]);
    expect(new Set(Array.from({ length: 1000 }, (_, i) => nineSigns(`call_${i}`))).size).toBe(1000);
  });

  it("gets its own turn between a tool's answer and the user", () => {
    const { encoded, lost } = encode({
      messages: [
        user,
        { role: "assistant", content: null, tool_calls: [call("a")] },
        { role: "tool", tool_call_id: "a", content: "1" },
        user,
      ],
    });
    expect(encoded.messages.map(({ role }: { role: string }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
    ]);
    expect(lost).toEqual(["messages[2]"]);
  });

  it("gets one system message, the developer's words in it", () => {
    const { encoded, lost } = encode({
      messages: [{ role: "system", content: "A." }, { role: "developer", content: "B." }, user],
    });
    expect(encoded.messages).toEqual([{ role: "system", content: "A.\n\nB." }, user]);
    expect(lost).toEqual([]);
    const late = encode({
      messages: [{ role: "system", content: "A." }, user, { role: "system", content: "B." }, user],
    });
    expect(late.encoded.messages.map(({ role }: { role: string }) => role)).toEqual(["system", "user", "user"]);
    expect(late.lost).toEqual(["messages"]);
  });

  it("is told to go on with a last answer", () => {
    const { encoded } = encode({ messages: [user, { role: "assistant", content: "Once" }] });
    expect(encoded.messages[1]).toEqual({ role: "assistant", content: "Once", prefix: true });
  });

  it("gets its own words for a seed, a limit and a tool that must be called", () => {
    const tools = [{ type: "function", function: { name: "f" } }];
    const { encoded, lost } = encode({
      messages: [user],
      seed: 9,
      max_completion_tokens: 5,
      tools,
      tool_choice: "required",
    });
    expect(encoded).toMatchObject({ random_seed: 9, max_tokens: 5, tool_choice: "any" });
    expect(encoded).not.toHaveProperty("seed");
    expect(lost).toEqual([]);
  });
});

describe("a request to Mistral", () => {
  it("has no member that Mistral refuses, and tells what that loses", () => {
    const { encoded, lost } = encode({ messages: [user], logit_bias: { 1: 2 }, user: "u", logprobs: true });
    expect(Object.keys(encoded).sort()).toEqual(["messages", "model"]);
    expect(lost.sort()).toEqual(["end_user", "logit_bias", "logprobs"]);
  });

  it("has its fields of Mistral's own as they came", () => {
    const own = { safe_prompt: true, prompt_mode: "reasoning", random_seed: 3 };
    expect(encode({ messages: [user], ...own }, false).encoded).toMatchObject(own);
  });

  it("asks for the safety prompt where the operator does and the caller says nothing", () => {
    expect(encode({ messages: [user] }, true).encoded.safe_prompt).toBe(true);
    expect(encode({ messages: [user] }).encoded).not.toHaveProperty("safe_prompt");
  });

  it("has earlier reasoning as a piece of the content", () => {
    const { encoded } = encode({
      messages: [user, { role: "assistant", content: "a", reasoning_content: "hm" }, user],
    });
    expect(encoded.messages[1].content).toEqual([
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "a" },
    ]);
  });

  it("splits words that came in one message with a tool's answer", () => {
    const init: MessageInitShape<typeof ChatRequestSchema> = {
      messages: [
        { role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hi" } } }] },
        {
          role: Role.ASSISTANT,
          parts: [{ kind: { case: "toolCall", value: { id: "t", name: "f", arguments: "{}" } } }],
        },
        {
          role: Role.USER,
          parts: [
            { kind: { case: "toolResult", value: { toolCallId: "t", content: [] } } },
            { kind: { case: "text", value: { text: "And?" } } },
          ],
        },
      ],
    };
    const text = chatDialect(undefined).encodeRequest(create(ChatRequestSchema, init), target());
    const roles = (JSON.parse(text) as { messages: { role: string }[] }).messages.map(({ role }) => role);
    expect(roles).toEqual(["user", "assistant", "tool", "assistant", "user"]);
  });

  it("for embeddings says the length of vectors in Mistral's word", () => {
    const request = { model: "m", inputs: [{ kind: { case: "text", value: "dimensions" } }], dimensions: 64 } as never;
    const text = embeddingDialect.encodeRequest(request, { model: "mistral-embed", losses: new Losses() });
    expect(JSON.parse(text)).toMatchObject({ output_dimension: 64 });
    expect(text).not.toContain('"dimensions":');
  });
});

describe("trap 120: a refusal of Mistral", () => {
  const refusal = (status: number, body: object) =>
    chatDialect(undefined).decodeError(status, {}, Buffer.from(JSON.stringify(body)));

  it("of the key is told as the gateway's own affair", () => {
    expect(refusal(401, { detail: "Invalid API Key" }).code).toBe("provider_unauthenticated");
  });

  it("of the request keeps its words and code", () => {
    const error = refusal(400, {
      object: "error",
      message: "Tool call id was x",
      type: "invalid_function_call",
      code: "3280",
    });
    expect(error).toMatchObject({ code: "invalid_request", message: expect.stringContaining("Tool call id was x") });
    expect(error.facts.providerCode).toBe("3280");
  });

  it("of a member that it does not know names the member", () => {
    const detail = [{ type: "extra_forbidden", loc: ["body", "top_k"], msg: "Extra inputs are not permitted" }];
    const error = refusal(422, { object: "error", message: { detail }, type: "invalid_request_error" });
    expect(error.code).toBe("invalid_request");
    expect(error.message).toContain("Extra inputs are not permitted");
  });
});

describe("the provider", () => {
  it("calls Mistral with a bearer, and takes another address", () => {
    expect(createMistral({ name: "mine", apiKey: "k", settings: {} }).wire).toMatchObject({
      baseUrl: "https://api.mistral.ai/v1",
      headers: { authorization: "Bearer k" },
    });
    expect(createMistral({ name: "mine", baseUrl: "http://x/v1", settings: {} }).wire).toMatchObject({
      baseUrl: "http://x/v1",
      headers: {},
    });
  });

  it("refuses a key that no header can carry, by its setting's name", () => {
    const failure = (() => {
      try {
        return createMistral({ name: "mine", apiKey: "a\n", settings: {} });
      } catch (error) {
        return error;
      }
    })();
    expect(ParlanceError.is(failure)).toBe(true);
    expect(failure).toMatchObject({ facts: { field: "providers.mine.api_key" } });
  });
});
