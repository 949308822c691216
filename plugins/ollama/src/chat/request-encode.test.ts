import {
  ChatRequestSchema,
  create,
  Losses,
  type MessageInitShape,
  type PartSchema,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
  ToolKind,
} from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { dialectsOf, encodeChat } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { chat, traits } = dialectsOf(plugin);
const text = (value: string): MessageInitShape<typeof PartSchema> => ({
  kind: { case: "text", value: { text: value } },
});
const user = (...parts: MessageInitShape<typeof PartSchema>[]) => ({ role: Role.USER, parts });
const hello = [user(text("Hi"))];
const call = (
  id: string,
  name: string,
  args: string,
  kind = ToolKind.FUNCTION,
): MessageInitShape<typeof PartSchema> => ({
  kind: { case: "toolCall", value: { id, name, arguments: args, kind } },
});
const result = (toolCallId: string, content: string, more: object = {}): MessageInitShape<typeof PartSchema> => ({
  kind: { case: "toolResult", value: { toolCallId, content: [text(content)], ...more } },
});
const tool = (name: string) => ({
  kind: { case: "function" as const, value: { name, parameters: { type: "object", properties: {} } } },
});
const PIXEL = "iVBORw0KGgo=";

describe("a request for Ollama", () => {
  it("trap 109: has what samples under options, and the form of the answer and thinking beside them", () => {
    const { body, losses } = encodeChat(
      chat,
      {
        messages: hello,
        maxOutputTokens: 50,
        temperature: 0,
        topP: 0.9,
        topK: 40,
        frequencyPenalty: 0.5,
        presencePenalty: -0.5,
        stop: ["END"],
        seed: 42n,
        responseFormat: { kind: { case: "jsonSchema", value: { schema: { type: "object" } } } },
        reasoning: { effort: ReasoningEffort.NONE },
      },
      { stream: true },
    );
    expect(losses).toEqual([]);
    expect(body).toEqual({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
      format: { type: "object" },
      think: false,
      options: {
        num_predict: 50,
        temperature: 0,
        top_p: 0.9,
        top_k: 40,
        frequency_penalty: 0.5,
        presence_penalty: -0.5,
        stop: ["END"],
        seed: 42,
      },
    });
  });

  it("trap 109: tells what the wire has no place for", () => {
    const { body, losses } = encodeChat(chat, {
      messages: hello,
      tools: [tool("look")],
      n: 2,
      logitBias: { "1": 1 },
      parallelToolCalls: false,
      toolChoice: { mode: ToolChoiceMode.REQUIRED },
      endUser: "u",
    });
    expect(losses.map(({ path }) => path).sort()).toEqual(
      ["end_user", "logit_bias", "n", "parallel_tool_calls", "tool_choice.mode"].sort(),
    );
    expect(Object.keys(body).sort()).toEqual(["messages", "model", "stream", "tools"]);
  });

  it("in strict mode is refused for the first thing that would be lost", () => {
    expect(() => encodeChat(chat, { messages: hello, n: 2 }, { strict: true })).toThrow(/n would be lost/);
  });

  it("asks for JSON of any shape by a word, and for text by silence", () => {
    const format = (responseFormat: object) => encodeChat(chat, { messages: hello, responseFormat }).body.format;
    expect(format({ kind: { case: "jsonObject", value: {} } })).toBe("json");
    expect(format({ kind: { case: "text", value: {} } })).toBeUndefined();
    expect(
      format({ kind: { case: "jsonSchema", value: { schema: { type: "object" }, description: "A person." } } }),
    ).toEqual({ type: "object", description: "A person." });
  });

  it("asks for log probabilities", () => {
    const { body } = encodeChat(chat, { messages: hello, logprobs: true, topLogprobs: 3 });
    expect(body).toMatchObject({ logprobs: true, top_logprobs: 3 });
  });

  it("has the nearest seed that the server can read, and tells it", () => {
    const { body, losses } = encodeChat(chat, { messages: hello, seed: 9_007_199_254_740_993n });
    expect((body.options as { seed: number }).seed).toBe(1);
    expect(losses.map(({ path }) => path)).toEqual(["seed"]);
  });
});

describe("the conversation", () => {
  it("trap 106: has the arguments of calls as an object, and results by the tool's name", () => {
    const messages = [
      user(text("Weather?")),
      { role: Role.ASSISTANT, parts: [call("call_a", "look", '{"city":"Oslo"}')] },
      { role: Role.TOOL, parts: [result("call_a", "sunny")] },
    ];
    expect(encodeChat(chat, { messages }).body.messages).toEqual([
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "call_a", function: { name: "look", arguments: { city: "Oslo" } } }],
      },
      { role: "tool", content: "sunny", tool_name: "look", tool_call_id: "call_a" },
    ]);
  });

  it("trap 106: writes no number of the arguments otherwise than the model did", () => {
    const messages = [{ role: Role.ASSISTANT, parts: [call("a", "look", '{"n":12345678901234567890,"x":1.50}')] }];
    const target = { model: "m", stream: false, traits: {}, losses: new Losses() };
    expect(chat.encodeRequest(create(ChatRequestSchema, { messages }), target)).toContain(
      '"arguments":{"n":12345678901234567890,"x":1.50}',
    );
  });

  it("trap 106: sends empty arguments as an empty object, and refuses what is none", () => {
    const asked = (args: string) =>
      encodeChat(chat, { messages: [{ role: Role.ASSISTANT, parts: [call("a", "look", args)] }] }).body;
    expect(JSON.stringify(asked(""))).toContain('"arguments":{}');
    for (const args of ["[1]", "nonsense", '"text"', "12345678901234567890"]) {
      expect(() => asked(args)).toThrow(/messages\[0\]\.parts\[0\]\.tool_call\.arguments must be a JSON object/);
    }
  });

  it("trap 107: leaves out ids that were made for calls which came without one", () => {
    const messages = [
      { role: Role.ASSISTANT, parts: [call("ollama_call_0123_0", "look", "{}")] },
      { role: Role.USER, parts: [result("ollama_call_0123_0", "sunny"), text("And?")] },
    ];
    expect(encodeChat(chat, { messages }).body.messages).toEqual([
      { role: "assistant", content: "", tool_calls: [{ function: { name: "look", arguments: {} } }] },
      { role: "tool", content: "sunny", tool_name: "look" },
      { role: "user", content: "And?" },
    ]);
  });

  it("trap 112: has pictures as bare base64, from bytes and from data addresses, and tells those it cannot fetch", () => {
    const image = (source: object): MessageInitShape<typeof PartSchema> => ({
      kind: { case: "image", value: { source } as never },
    });
    const { body, losses } = encodeChat(chat, {
      messages: [
        user(
          text("What is it?"),
          image({ case: "data", value: Buffer.from(PIXEL, "base64") }),
          image({ case: "url", value: `data:image/png;base64,${PIXEL}` }),
          image({ case: "url", value: "https://example.com/a.png" }),
        ),
      ],
    });
    expect(body.messages).toEqual([{ role: "user", content: "What is it?", images: [PIXEL, PIXEL] }]);
    expect(losses.map(({ path }) => path)).toEqual(["messages[0].parts[3].image.url"]);
    expect(() => encodeChat(chat, { messages: [user(image({ case: "fileId", value: "file-1" }))] })).toThrow(
      /another provider holds/,
    );
  });

  it("trap 112: sends thoughts back as thinking, and leaves out what others have sealed", () => {
    const reasoning = (value: object): MessageInitShape<typeof PartSchema> => ({
      kind: { case: "reasoning", value: { text: "", ...value } },
    });
    const { body, losses } = encodeChat(chat, {
      messages: [
        {
          role: Role.ASSISTANT,
          parts: [
            reasoning({ text: "Hm.", dialect: "ollama" }),
            reasoning({ text: "Signed.", signature: "c2ln", dialect: "anthropic-messages" }),
            reasoning({ encryptedContent: "x", dialect: "openai-responses" }),
            text("Yes."),
          ],
        },
      ],
    });
    expect(body.messages).toEqual([{ role: "assistant", content: "Yes.", thinking: "Hm." }]);
    expect(losses.map(({ path }) => path)).toEqual(["messages[0].parts[1]", "messages[0].parts[2]"]);
  });

  it("leaves out a message of which nothing is left, and asks nothing where none is left", () => {
    const opaque = user({ kind: { case: "opaque", value: { dialect: "gemini", value: { x: 1 } } } });
    expect(encodeChat(chat, { messages: [opaque, ...hello] }).body.messages).toEqual([{ role: "user", content: "Hi" }]);
    expect(() => encodeChat(chat, { messages: [opaque] })).toThrow(/nothing that the target could answer/);
  });

  it("has one text for a message, and sends words of documents and sounds as text", () => {
    const { body, losses } = encodeChat(chat, {
      messages: [
        { role: Role.DEVELOPER, parts: [text("Be brief."), text("Be kind.")] },
        user(
          text("Read."),
          { kind: { case: "file", value: { source: { case: "text", value: "Once." }, filename: "a.txt" } } },
          { kind: { case: "audio", value: { source: { case: "id", value: "x" }, transcript: "Hear." } } },
          { kind: { case: "file", value: { source: { case: "url", value: "https://example.com/a.pdf" } } } },
        ),
      ],
    });
    expect(body.messages).toEqual([
      { role: "system", content: "Be brief.\nBe kind." },
      { role: "user", content: "Read.\na.txt:\nOnce.\nHear." },
    ]);
    expect(losses.map(({ path, kind }) => [path, kind])).toEqual([
      ["messages[1].parts[1]", 2],
      ["messages[1].parts[2]", 2],
      ["messages[1].parts[3]", 1],
    ]);
  });
});

describe("tools", () => {
  it("always have a schema of their arguments", () => {
    const tools = [{ kind: { case: "function" as const, value: { name: "now", description: "The time." } } }];
    expect(encodeChat(chat, { messages: hello, tools }).body.tools).toEqual([
      {
        type: "function",
        function: { name: "now", description: "The time.", parameters: { type: "object", properties: {} } },
      },
    ]);
  });

  it.each([
    [{ mode: ToolChoiceMode.NONE }, [], ["tool_choice", "tools[0]", "tools[1]"]],
    [{ mode: ToolChoiceMode.TOOL, name: "b" }, ["b"], ["tool_choice", "tools[0]"]],
    [{ mode: ToolChoiceMode.AUTO, allowed: ["a"] }, ["a"], ["tool_choice.allowed", "tools[1]"]],
    [{ mode: ToolChoiceMode.AUTO }, ["a", "b"], []],
  ])("are chosen by what is shown of them: %j", (toolChoice, names, paths) => {
    const { body, losses } = encodeChat(chat, { messages: hello, tools: [tool("a"), tool("b")], toolChoice });
    const shown = ((body.tools ?? []) as { function: { name: string } }[]).map((one) => one.function.name);
    expect(shown).toEqual(names);
    expect(losses.map(({ path }) => path)).toEqual(paths);
  });

  it("of other kinds are told as lost", () => {
    const { body, losses } = encodeChat(chat, {
      messages: hello,
      tools: [
        { kind: { case: "custom", value: { name: "free" } } },
        { kind: { case: "opaque", value: { dialect: "gemini", value: { googleSearch: {} } } } },
      ],
    });
    expect(body.tools).toBeUndefined();
    expect(losses.map(({ path }) => path)).toEqual(["tools[0]", "tools[1]"]);
  });
});

describe("thinking", () => {
  const think = (reasoning: object, model = "qwen3") => {
    const { body, losses } = encodeChat(chat, { messages: hello, reasoning }, { traits: traits(model) });
    return [body.think, losses.map(({ path }) => path)];
  };

  it("is on or off, and by steps where the model knows them", () => {
    expect(think({ effort: ReasoningEffort.HIGH })).toEqual([true, ["reasoning.effort"]]);
    expect(think({ effort: ReasoningEffort.HIGH }, "gpt-oss:20b")).toEqual(["high", []]);
    expect(think({ effort: ReasoningEffort.MAX }, "gpt-oss:20b")).toEqual(["high", ["reasoning.effort"]]);
    expect(think({ effort: ReasoningEffort.NONE })).toEqual([false, []]);
    expect(think({ visible: true })).toEqual([true, []]);
    expect(think({})).toEqual([undefined, []]);
    expect(think({ budgetTokens: 100 })).toEqual([true, ["reasoning.budget_tokens"]]);
  });
});

describe("settings and fields of the dialect", () => {
  const { chat: configured } = dialectsOf(plugin, {
    keep_alive: "10m",
    num_ctx: 8192,
    options: { min_p: 0.1, temperature: 1 },
    think: false,
  });

  it("are defaults, which the caller's own words win over", () => {
    expect(encodeChat(configured, { messages: hello }).body).toMatchObject({
      keep_alive: "10m",
      think: false,
      options: { min_p: 0.1, temperature: 1, num_ctx: 8192 },
    });
    const { body, losses } = encodeChat(configured, {
      messages: hello,
      temperature: 0,
      reasoning: { visible: true },
      extensions: {
        ollama: { keep_alive: 0, options: { num_ctx: 4096, temperature: 2 }, shift: false, model: "other" },
      },
    });
    expect(losses).toEqual([]);
    expect(body).toMatchObject({
      model: "m",
      keep_alive: 0,
      shift: false,
      think: true,
      options: { min_p: 0.1, temperature: 0, num_ctx: 4096 },
    });
  });

  it("of other dialects are told as lost", () => {
    const { losses } = encodeChat(chat, { messages: hello, extensions: { "openai-chat": { prediction: {} } } });
    expect(losses.map(({ path }) => path)).toEqual(["extensions.openai-chat.prediction"]);
  });
});
