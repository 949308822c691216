import { describe, expect, test } from "vitest";
import {
  type ChatRequest,
  ChatRequestSchema,
  create,
  Losses,
  type MessageInitShape,
  type ModelTraits,
  ReasoningEffort,
  Role,
  skim,
} from "../../sdk/index.js";
import { openaiChat } from "./index.js";

const user = { role: "user", content: "Hi" };
const decode = (body: object) => openaiChat.decodeRequest(JSON.stringify({ model: "m", messages: [user], ...body }));

function encode(request: ChatRequest, traits: ModelTraits = {}, stream = false) {
  const losses = new Losses();
  const body = JSON.parse(openaiChat.encodeRequest(request, { model: "up", stream, traits, losses }));
  return { body, lost: losses.list.map(({ path }) => path) };
}

const request = (init: MessageInitShape<typeof ChatRequestSchema>) =>
  create(ChatRequestSchema, {
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hi" } } }] }],
    ...init,
  });
const roundTrip = (body: object) => {
  const whole = { model: "up", messages: [user], ...body };
  const { body: back, lost } = encode(openaiChat.decodeRequest(JSON.stringify(whole)));
  expect(back).toEqual(whole);
  expect(lost).toEqual([]);
};

describe("a request", () => {
  test.each([
    ["body", "["],
    ["model", '{"messages":[]}'],
    ["messages", '{"model":"m"}'],
    ["messages", '{"model":"m","messages":[]}'],
  ])("a fault in %s is named", (field, text) => {
    expect(() => openaiChat.decodeRequest(text)).toThrow(
      expect.objectContaining({ code: "invalid_request", facts: expect.objectContaining({ field }) }),
    );
  });

  test.each([
    ["messages[0].role", { messages: [{ role: "boss", content: "a" }] }],
    ["messages[1].content[0].image_url", { messages: [user, { role: "user", content: [{ type: "image_url" }] }] }],
    ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text", text: 1 }] }] }],
    [
      "messages[0].tool_calls[0].function.name",
      { messages: [{ role: "assistant", tool_calls: [{ id: "a", type: "function", function: {} }] }] },
    ],
    ["messages[0].tool_call_id", { messages: [{ role: "tool", content: "a" }] }],
    ["temperature", { temperature: 2.1 }],
    ["top_p", { top_p: "1" }],
    ["n", { n: 0 }],
    ["max_tokens", { max_tokens: 1.5 }],
    ["stop[1]", { stop: ["a", 1] }],
    ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
    ["tool_choice", { tool_choice: "maybe" }],
    ["seed", { seed: "1" }],
    ["parlance.strict", { parlance: { strict: 1 } }],
  ])("a fault in %s is named in the caller's words", (field, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ facts: expect.objectContaining({ field }) }));
  });

  test("trap 135: zero, false, null and absent are four things", () => {
    roundTrip({
      temperature: 0,
      seed: 0,
      top_p: 0,
      logprobs: false,
      parallel_tool_calls: false,
      stream: false,
      max_tokens: 0,
    });
    roundTrip({ temperature: null, seed: null, stop: null, tools: null, max_tokens: null, user: null, metadata: null });
    roundTrip({
      messages: [
        { role: "assistant", content: null },
        { role: "assistant" },
        { role: "assistant", content: "" },
        { role: "assistant", content: [] },
      ],
    });
    const zero = decode({ temperature: 0, seed: 0 });
    expect([zero.temperature, zero.seed, zero.topP]).toEqual([0, 0n, undefined]);
  });

  test("trap 134: unknown fields at every depth come back, and are losses for no target of the dialect", () => {
    roundTrip({
      new_field: { a: 1 },
      response_format: { type: "json_schema", json_schema: { name: "n", schema: {}, extra: 1 }, x: 2 },
      tools: [
        { type: "function", function: { name: "f", extra: true }, y: 1 },
        { type: "web_search", z: 1 },
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "a", w: 1 },
            { type: "hologram", v: 1 },
          ],
          u: 1,
        },
      ],
    });
  });

  test("a large seed keeps its digits", () => {
    const text = '{"model":"up","messages":[{"role":"user","content":"Hi"}],"seed":9007199254740993}';
    const decoded = openaiChat.decodeRequest(text);
    expect(decoded.seed).toBe(9007199254740993n);
    expect(
      openaiChat.encodeRequest(decoded, { model: "up", stream: false, traits: {}, losses: new Losses() }),
    ).toContain("9007199254740993");
  });

  test("arguments stay byte for byte", () => {
    const args = '{"b": 1.0, "a":12345678901234567890, "é":"\\u00e9"}';
    const message = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "functions.f:0", type: "function", function: { name: "f", arguments: args } }],
    };
    roundTrip({ messages: [user, message, { role: "tool", tool_call_id: "functions.f:0", content: "ok" }] });
  });

  test("trap 131: legacy functions, their call and its answer come back as they were and pair by id", () => {
    const messages = [
      user,
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "ok" },
    ];
    roundTrip({ messages, functions: [{ name: "f", parameters: { type: "object" } }], function_call: { name: "f" } });
    const parts = decode({ messages }).messages.flatMap((message) => message.parts.map(({ kind }) => kind));
    expect(parts[1]).toMatchObject({ value: { id: "function_call_1" } });
    expect(parts[2]).toMatchObject({ value: { toolCallId: "function_call_1" } });
  });

  test("trap 124: both names of the limit are read, the target's is sent", () => {
    expect(decode({ max_tokens: 5 }).maxOutputTokens).toBe(5);
    expect(decode({ max_tokens: 5, max_completion_tokens: 7 }).maxOutputTokens).toBe(7);
    roundTrip({ max_tokens: 5, max_completion_tokens: 7 });
    expect(encode(decode({ max_tokens: 5 }), { maxTokensField: "max_completion_tokens" }).body).toMatchObject({
      max_completion_tokens: 5,
    });
    expect(encode(request({ maxOutputTokens: 5 }), { maxTokensField: "max_tokens" }).body).toMatchObject({
      max_tokens: 5,
    });
  });

  test("trap 124: a model that samples in its own way gets no sampling, and that is told", () => {
    const { body, lost } = encode(decode({ temperature: 0.5, top_p: 0.5, stop: ["a"] }), { sampling: "fixed" });
    expect(body).toEqual({ model: "up", messages: [user] });
    expect(lost).toEqual(["temperature", "top_p", "stop"]);
  });

  test("trap 125: instructions go out in the role that the target has", () => {
    const messages = [{ role: "system", content: "a" }, { role: "developer", content: "b" }, user];
    roundTrip({ messages });
    expect(
      encode(decode({ messages }), { systemRole: "developer" }).body.messages.map(({ role }: { role: string }) => role),
    ).toEqual(["developer", "developer", "user"]);
  });

  test("trap 132: what only OpenAI has passes through, service tier and modalities among it", () => {
    roundTrip({
      modalities: ["text", "audio"],
      audio: { voice: "alloy", format: "wav" },
      prediction: { type: "content", content: "a" },
      store: true,
      verbosity: "low",
      prompt_cache_key: "k",
      service_tier: "flex",
      metadata: { a: "b" },
    });
  });

  test("trap 70: failed tools are marked, and their pictures follow the run of tool messages", () => {
    const result = (id: string, isError: boolean) => ({
      kind: {
        case: "toolResult" as const,
        value: {
          toolCallId: id,
          isError,
          content: [
            { kind: { case: "text" as const, value: { text: "t" } } },
            {
              kind: {
                case: "image" as const,
                value: { source: { case: "data" as const, value: Buffer.from("A") }, mediaType: "image/png" },
              },
            },
          ],
        },
      },
    });
    const { body, lost } = encode(
      request({
        messages: [
          { role: Role.TOOL, parts: [result("a", true)] },
          { role: Role.TOOL, parts: [result("b", false)] },
          { role: Role.USER, parts: [{ kind: { case: "text", value: { text: "and?" } } }] },
        ],
      }),
    );
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,QQ==" } };
    expect(body.messages).toEqual([
      { role: "tool", tool_call_id: "a", content: "Error: t" },
      { role: "tool", tool_call_id: "b", content: "t" },
      { role: "user", content: [image, image] },
      { role: "user", content: "and?" },
    ]);
    expect(lost).toEqual(["messages[0].parts[0].tool_result.is_error"]);
  });

  test("a user's message of tool results and words becomes tool messages and the words", () => {
    const { body } = encode(
      request({
        messages: [
          {
            role: Role.USER,
            parts: [
              {
                kind: {
                  case: "toolResult",
                  value: { toolCallId: "a", content: [{ kind: { case: "text", value: { text: "t" } } }] },
                },
              },
              { kind: { case: "text", value: { text: "go on" } } },
            ],
          },
        ],
      }),
    );
    expect(body.messages).toEqual([
      { role: "tool", tool_call_id: "a", content: "t" },
      { role: "user", content: "go on" },
    ]);
  });

  test("trap 71: another provider's reasoning is a loss and never text; this dialect's own goes back where it was", () => {
    const foreign = encode(
      request({
        messages: [
          {
            role: Role.ASSISTANT,
            parts: [
              { kind: { case: "reasoning", value: { text: "r", signature: "s", dialect: "anthropic-messages" } } },
              { kind: { case: "text", value: { text: "a" } } },
            ],
          },
        ],
      }),
    );
    expect(foreign.body.messages).toEqual([{ role: "assistant", content: "a" }]);
    expect(foreign.lost).toEqual(["messages[0].parts[0]"]);
    roundTrip({ messages: [{ role: "assistant", content: "a", reasoning_content: "r" }] });
    roundTrip({
      messages: [
        { role: "assistant", content: "a", reasoning: "r", reasoning_details: [{ type: "reasoning.text", text: "r" }] },
      ],
    });
  });

  test("trap 69: budgets become efforts, and disabled reaches the wire", () => {
    expect(encode(request({ reasoning: { effort: ReasoningEffort.NONE } })).body.reasoning_effort).toBe("none");
    const { body, lost } = encode(request({ reasoning: { budgetTokens: 10_000 } }));
    expect([body.reasoning_effort, lost]).toEqual(["medium", ["reasoning.budget_tokens"]]);
  });

  test("trap 72: cache hints of another dialect are dropped and told, text and order stay", () => {
    const parts = ["a", "b"].map((text) => ({ kind: { case: "text" as const, value: { text } }, cache: {} }));
    const { body, lost } = encode(request({ messages: [{ role: Role.SYSTEM, parts }] }));
    expect(body.messages).toEqual([
      {
        role: "system",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
    ]);
    expect(lost).toEqual(["messages[0].parts[0].cache", "messages[0].parts[1].cache"]);
    roundTrip({
      messages: [
        { role: "user", content: [{ type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } }] },
      ],
    });
  });

  test("fields of another dialect are losses with their path, nulls and forms are not", () => {
    const { body, lost } = encode(
      request({
        extensions: {
          "anthropic-messages": { container: "c", empty: null, $form: { a: 1 } },
          "openai-chat": { verbosity: "low" },
        },
      }),
    );
    expect(body.verbosity).toBe("low");
    expect(lost).toEqual(["extensions.anthropic-messages.container"]);
  });

  test("top_k goes out only where it came in", () => {
    roundTrip({ top_k: 4 });
    expect(encode(request({ topK: 4 })).lost).toEqual(["top_k"]);
  });

  test("a streaming target is always asked for usage", () => {
    expect(encode(decode({}), {}, true).body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  test("strict throws at the first loss", () => {
    const target = { model: "m", stream: false, traits: {}, losses: new Losses(true) };
    expect(() => openaiChat.encodeRequest(request({ topK: 1 }), target)).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });
});

describe("a request for a server that is unlike the dialect's owner", () => {
  const fits = (body: object, traits: ModelTraits) => {
    const bytes = Buffer.from(JSON.stringify({ model: "m", messages: [user], ...body }));
    return openaiChat.fits?.(bytes, skim(bytes), traits);
  };

  test("tells a member that it refuses by the vocabulary's name", () => {
    const { lost } = encode(decode({ user: "u", reasoning_effort: "low" }), { refuses: ["user", "reasoning_effort"] });
    expect(lost).toEqual(["end_user", "reasoning.effort"]);
  });

  test("has no member that it refuses, and tells each but the gateway's own wish for usage", () => {
    const { body, lost } = encode(decode({ n: 2, logit_bias: { 1: 1 } }), { refuses: ["n", "stream_options"] }, true);
    expect(body).not.toHaveProperty("n");
    expect(body).not.toHaveProperty("stream_options");
    expect(body).toHaveProperty("logit_bias");
    expect(lost).toEqual(["n"]);
  });

  test("has members under the server's own names, exact numbers included", () => {
    const text = openaiChat.encodeRequest(decode({ seed: 1 }), {
      model: "up",
      stream: false,
      traits: { renames: { seed: "random_seed" } },
      losses: new Losses(true),
    });
    expect(text).toContain('"random_seed":1');
    expect(text).not.toContain('"seed"');
  });

  test("has no role developer where the server does not know it", () => {
    const asked = decode({ messages: [{ role: "developer", content: "Be brief." }, user] });
    expect(encode(asked, { developerRole: false }).body.messages[0]).toEqual({ role: "system", content: "Be brief." });
  });

  test("trap 113: sends earlier reasoning back in the field that the server reads", () => {
    const asked = decode({ messages: [user, { role: "assistant", content: "a", reasoning_content: "hm" }, user] });
    expect(encode(asked, { reasoningField: "reasoning" }).body.messages[1]).toEqual({
      role: "assistant",
      content: "a",
      reasoning: "hm",
    });
  });

  test("goes up as it came only if it holds nothing of that kind", () => {
    expect(fits({}, { refuses: ["n"], renames: { seed: "random_seed" }, developerRole: false })).toBe(true);
    expect(fits({ n: 1 }, { refuses: ["n"] })).toBe(false);
    expect(fits({ seed: 1 }, { renames: { seed: "random_seed" } })).toBe(false);
    expect(fits({ messages: [{ role: "developer", content: "a" }] }, { developerRole: false })).toBe(false);
    expect(fits({ messages: [{ role: "developer", content: "a" }] }, {})).toBe(true);
  });

  test("is not asked for usage in its stream where the server refuses the wish", () => {
    const bytes = Buffer.from(JSON.stringify({ model: "m", messages: [user], stream: true }));
    const target = { model: "m", stream: true, traits: { refuses: ["stream_options"] } };
    expect(openaiChat.spliceRequest(bytes, skim(bytes), target)).toBe(bytes);
  });
});
