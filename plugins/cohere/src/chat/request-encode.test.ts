import { type MessageInitShape, type PartSchema, ReasoningEffort, Role, ToolChoiceMode, ToolKind } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { dialectsOf, encodeChat } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

type PartInit = MessageInitShape<typeof PartSchema>;

const { chat, traits } = dialectsOf(plugin);
const text = (value: string): PartInit => ({ kind: { case: "text", value: { text: value } } });
const user = (...parts: PartInit[]) => ({ role: Role.USER, parts });
const assistant = (...parts: PartInit[]) => ({ role: Role.ASSISTANT, parts });
const hello = [user(text("Hi"))];
const call = (id: string, args: string, kind = ToolKind.FUNCTION): PartInit => ({
  kind: { case: "toolCall", value: { id, name: "look", arguments: args, kind } },
});
const reasoning = (value: string, more: object = {}): PartInit => ({
  kind: { case: "reasoning", value: { text: value, ...more } },
});
const tool = (name: string, more: object = {}) => ({
  kind: { case: "function" as const, value: { name, parameters: { type: "object", properties: {} }, ...more } },
});
const paths = ({ losses }: { losses: readonly { path: string }[] }) => losses.map(({ path }) => path);

describe("a request for Cohere", () => {
  it("says how the answer is sampled in the wire's own words", () => {
    const encoded = encodeChat(
      chat,
      {
        messages: hello,
        maxOutputTokens: 50,
        temperature: 0,
        topP: 0.9,
        topK: 40,
        frequencyPenalty: 0.5,
        presencePenalty: 1,
        stop: ["END"],
        seed: 42n,
        logprobs: true,
      },
      { stream: true },
    );
    expect(encoded.losses).toEqual([]);
    expect(encoded.body).toEqual({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
      max_tokens: 50,
      temperature: 0,
      p: 0.9,
      k: 40,
      frequency_penalty: 0.5,
      presence_penalty: 1,
      stop_sequences: ["END"],
      seed: 42,
      logprobs: true,
    });
  });

  it("has the nearest numbers that the wire takes, and tells each", () => {
    const encoded = encodeChat(chat, {
      messages: hello,
      topP: 1,
      topK: 600,
      frequencyPenalty: 2,
      presencePenalty: -1,
      seed: -1n,
      stop: ["1", "2", "3", "4", "5", "6"],
    });
    expect(encoded.body).toMatchObject({ p: 0.99, k: 500, frequency_penalty: 1, presence_penalty: 0 });
    expect(encoded.body.stop_sequences).toHaveLength(5);
    expect(paths(encoded).sort()).toEqual([
      "frequency_penalty",
      "presence_penalty",
      "seed",
      "stop[5]",
      "top_k",
      "top_p",
    ]);
  });

  it("tells what the wire has no place for", () => {
    const encoded = encodeChat(chat, {
      messages: hello,
      n: 2,
      topLogprobs: 3,
      parallelToolCalls: false,
      serviceTier: "flex",
      metadata: { a: "b" },
      outputModalities: [1, 3],
    });
    expect(paths(encoded).sort()).toEqual([
      "metadata",
      "n",
      "output_modalities[1]",
      "parallel_tool_calls",
      "service_tier",
      "top_logprobs",
    ]);
  });

  it("has fields that only the dialect knows, and none of them in the place of the caller's own words", () => {
    const { body, losses } = encodeChat(chat, {
      messages: hello,
      temperature: 0.3,
      extensions: {
        cohere: { citation_options: { mode: "FAST" }, priority: 1, temperature: 1, documents: ["a text"] },
        gemini: { safetySettings: [] },
      },
    });
    expect(body).toMatchObject({
      citation_options: { mode: "FAST" },
      priority: 1,
      temperature: 0.3,
      documents: ["a text"],
    });
    expect(losses.map(({ path }) => path)).toEqual(["extensions.gemini.safetySettings"]);
  });

  it("has the settings' defaults where they may stand", () => {
    const { chat: configured } = dialectsOf(plugin, { safety_mode: "STRICT", citation_mode: "FAST" });
    expect(encodeChat(configured, { messages: hello }).body).toMatchObject({ safety_mode: "STRICT" });
    const withTools = encodeChat(configured, { messages: hello, tools: [tool("a")] }).body;
    expect(withTools).toMatchObject({ citation_options: { mode: "FAST" } });
    expect(withTools).not.toHaveProperty("safety_mode");
    const own = { cohere: { safety_mode: "OFF" } };
    expect(encodeChat(configured, { messages: hello, extensions: own }).body.safety_mode).toBe("OFF");
  });
});

describe("the form of the answer", () => {
  const schema = { type: "object", properties: { a: { type: "integer" } } };
  const format = { kind: { case: "jsonSchema" as const, value: { schema, description: "An answer." } } };

  it("is a JSON schema, or any JSON", () => {
    expect(encodeChat(chat, { messages: hello, responseFormat: format }).body.response_format).toEqual({
      type: "json_object",
      json_schema: { ...schema, description: "An answer." },
    });
    expect(
      encodeChat(chat, { messages: hello, responseFormat: { kind: { case: "jsonObject", value: {} } } }).body
        .response_format,
    ).toEqual({ type: "json_object" });
  });

  it("is asked for in words beside tools and documents, after the instructions", () => {
    const messages = [{ role: Role.SYSTEM, parts: [text("Be brief.")] }, ...hello];
    const encoded = encodeChat(
      chat,
      { messages, responseFormat: format, tools: [tool("a")] },
      { traits: traits("command-a-03-2025") },
    );
    expect(encoded.body).not.toHaveProperty("response_format");
    expect(encoded.body.messages).toMatchObject([
      { role: "system", content: "Be brief." },
      { role: "system", content: expect.stringContaining('"integer"') as string },
      { role: "user" },
    ]);
    expect(paths(encoded)).toEqual(["response_format"]);
  });
});

describe("tools", () => {
  it("are held to their schemas where all of them are strict", () => {
    const all = encodeChat(chat, {
      messages: hello,
      tools: [tool("a", { strict: true }), tool("b", { strict: true })],
    });
    expect(all.body.strict_tools).toBe(true);
    expect(all.losses).toEqual([]);
    const some = encodeChat(chat, { messages: hello, tools: [tool("a", { strict: true }), tool("b")] });
    expect(some.body).not.toHaveProperty("strict_tools");
    expect(paths(some)).toEqual(["tools[0].function.strict"]);
  });

  it.each([
    [{ mode: ToolChoiceMode.AUTO }, undefined, ["a", "b"], []],
    [{ mode: ToolChoiceMode.NONE }, "NONE", ["a", "b"], []],
    [{ mode: ToolChoiceMode.REQUIRED }, "REQUIRED", ["a", "b"], []],
    [{ mode: ToolChoiceMode.TOOL, name: "b" }, "REQUIRED", ["b"], ["tool_choice", "tools[0]"]],
    [{ mode: ToolChoiceMode.REQUIRED, allowed: ["a"] }, "REQUIRED", ["a"], ["tool_choice.allowed", "tools[1]"]],
  ])("are chosen by the wire's two words and by what is shown: %j", (toolChoice, word, names, lost) => {
    const encoded = encodeChat(chat, { messages: hello, tools: [tool("a"), tool("b")], toolChoice });
    expect(encoded.body.tool_choice).toBe(word);
    expect((encoded.body.tools as { function: { name: string } }[]).map((one) => one.function.name)).toEqual(names);
    expect(paths(encoded)).toEqual(lost);
  });

  it("that must be called must be there", () => {
    const toolChoice = { mode: ToolChoiceMode.TOOL, name: "c" };
    expect(() => encodeChat(chat, { messages: hello, tools: [tool("a")], toolChoice })).toThrow(/no tool can be sent/);
  });
});

describe("the conversation", () => {
  it("has calls with their arguments as the model wrote them, and results as messages of their own", () => {
    const messages = [
      user(text("Weather?")),
      assistant(call("look_1", '{"n":12345678901234567890}'), call("look_2", "")),
      {
        role: Role.USER,
        parts: [
          { kind: { case: "toolResult" as const, value: { toolCallId: "look_1", content: [text("sunny")] } } },
          { kind: { case: "toolResult" as const, value: { toolCallId: "look_2", content: [], isError: true } } },
          text("And?"),
        ],
      },
    ];
    const encoded = encodeChat(chat, { messages });
    const called = (id: string, args: string) => ({
      id,
      type: "function",
      function: { name: "look", arguments: args },
    });
    expect(encoded.body.messages).toEqual([
      { role: "user", content: "Weather?" },
      { role: "assistant", tool_calls: [called("look_1", '{"n":12345678901234567890}'), called("look_2", "{}")] },
      { role: "tool", tool_call_id: "look_1", content: "sunny" },
      { role: "tool", tool_call_id: "look_2", content: "" },
      { role: "user", content: "And?" },
    ]);
    expect(paths(encoded)).toEqual(["messages[2].parts[1].tool_result.is_error"]);
    expect(() => encodeChat(chat, { messages: [assistant(call("a", "nonsense"))] })).toThrow(/must be a JSON object/);
  });

  it("has pictures by address and by bytes, and documents beside it", () => {
    const png = Buffer.from("iVBORw0KGgo=", "base64");
    const encoded = encodeChat(chat, {
      messages: [
        user(
          text("Look."),
          {
            kind: { case: "image", value: { source: { case: "url", value: "https://example.com/a" }, detail: "low" } },
          },
          { kind: { case: "image", value: { source: { case: "data", value: png } } } },
          { kind: { case: "file", value: { source: { case: "text", value: "Once." }, filename: "a.txt" } } },
          { kind: { case: "file", value: { source: { case: "data", value: png }, mediaType: "application/pdf" } } },
        ),
      ],
      extensions: { cohere: { documents: ["before"] } },
    });
    expect(encoded.body.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Look." },
          { type: "image_url", image_url: { url: "https://example.com/a", detail: "low" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
        ],
      },
    ]);
    expect(encoded.body.documents).toEqual(["before", { data: { text: "Once.", title: "a.txt" } }]);
    expect(paths(encoded)).toEqual(["messages[0].parts[3]", "messages[0].parts[4]"]);
  });

  it("trap 122: has a plan in its own place, and not among the content", () => {
    const plan = {
      ...reasoning("I will look.", { dialect: "cohere" }),
      extensions: { cohere: { $form: { plan: true } } },
    };
    const { body, losses } = encodeChat(chat, { messages: [assistant(plan, call("a", "{}"))] });
    expect(body.messages).toMatchObject([{ role: "assistant", tool_plan: "I will look." }]);
    expect((body.messages as object[])[0]).not.toHaveProperty("content");
    expect(losses).toEqual([]);
  });

  it("has thoughts as content for models that think, as a plan for those that plan, and else not at all", () => {
    const sent = (parts: PartInit[], model: string) => {
      const encoded = encodeChat(chat, { messages: [assistant(...parts)] }, { traits: traits(model) });
      return [(encoded.body.messages as object[])[0], paths(encoded)];
    };
    const thinking = { type: "thinking", thinking: "Hm." };
    expect(sent([reasoning("Hm."), call("a", "{}")], "command-a-reasoning-08-2025")[0]).toMatchObject({
      content: [thinking],
    });
    expect(sent([reasoning("Hm."), call("a", "{}")], "command-a-03-2025")[0]).toMatchObject({ tool_plan: "Hm." });
    expect(sent([reasoning("Hm."), text("Yes.")], "command-a-03-2025")).toEqual([
      { role: "assistant", content: "Yes." },
      ["messages[0].parts[0]"],
    ]);
    expect(sent([reasoning("Hm.", { signature: "x" }), text("Yes.")], "command-a-plus-05-2026")).toEqual([
      { role: "assistant", content: "Yes." },
      ["messages[0].parts[0]"],
    ]);
  });

  it("has its own citations again, and tells those of others as lost", () => {
    const own = { text: "Ruby", sources: [{ type: "tool", id: "a:0" }], type: "TEXT_CONTENT", content_index: 1 };
    const citations = [{ startIndex: 0, endIndex: 4, extensions: { cohere: own } }, { url: "https://example.com" }];
    const encoded = encodeChat(chat, {
      messages: [assistant({ kind: { case: "text", value: { text: "Ruby.", citations } } })],
    });
    expect(encoded.body.messages).toEqual([
      { role: "assistant", content: "Ruby.", citations: [{ start: 0, end: 4, ...own, content_index: 0 }] },
    ]);
    expect(paths(encoded)).toEqual(["messages[0].parts[0].text.citations[1]"]);
  });

  it("leaves out a message of which nothing is left", () => {
    const sealed = reasoning("", { encryptedContent: "x", dialect: "openai-responses" });
    expect(encodeChat(chat, { messages: [...hello, assistant(sealed)] }).body.messages).toHaveLength(1);
  });
});

describe("thinking", () => {
  const think = (value: object, model: string) => {
    const encoded = encodeChat(chat, { messages: hello, reasoning: value }, { traits: traits(model) });
    return [encoded.body.thinking, paths(encoded)];
  };

  it("is a budget of tokens, on or off, for models that reason", () => {
    const model = "command-a-reasoning-08-2025";
    expect(think({ budgetTokens: 500 }, model)).toEqual([{ type: "enabled", token_budget: 500 }, []]);
    expect(think({ effort: ReasoningEffort.NONE }, model)).toEqual([{ type: "disabled" }, []]);
    expect(think({ effort: ReasoningEffort.LOW }, model)).toEqual([
      { type: "enabled", token_budget: 1024 },
      ["reasoning.effort"],
    ]);
    expect(think({ effort: ReasoningEffort.HIGH }, model)).toEqual([{ type: "enabled" }, ["reasoning.effort"]]);
    expect(think({ visible: false }, model)).toEqual([undefined, ["reasoning.visible"]]);
  });

  it("is told as lost for models that do not", () => {
    expect(think({ effort: ReasoningEffort.HIGH }, "command-a-03-2025")).toEqual([undefined, ["reasoning"]]);
    expect(think({ effort: ReasoningEffort.NONE }, "command-a-03-2025")).toEqual([undefined, []]);
  });
});
