import {
  type ChatRequest,
  ChatRequestSchema,
  create,
  type JsonObject,
  Losses,
  type MessageInitShape,
  ParlanceError,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
} from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { modelTraits } from "../model-traits.js";
import { converseDialect } from "./converse.js";

type ChatInit = Omit<MessageInitShape<typeof ChatRequestSchema>, "$typeName">;

const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NEW_CLAUDE = "us.anthropic.claude-sonnet-5";
const NOVA = "us.amazon.nova-2-lite-v1:0";
const dialect = converseDialect({ baseModel: (model) => model });

function encode(init: ChatInit, model = CLAUDE, stream = false) {
  const losses = new Losses();
  const request: ChatRequest = create(ChatRequestSchema, { messages: [user("Hi")], ...init });
  const text = dialect.encodeRequest(request, { model, stream, traits: modelTraits(model), losses });
  return { text, body: JSON.parse(text) as JsonObject, lost: losses.list.map(({ path }) => path) };
}

const text = (value: string) => ({ kind: { case: "text" as const, value: { text: value } } });
const user = (...words: string[]) => ({ role: Role.USER, parts: words.map(text) });
const assistant = (...words: string[]) => ({ role: Role.ASSISTANT, parts: words.map(text) });
const call = (id: string, name: string, args = "{}") => ({
  role: Role.ASSISTANT,
  parts: [{ kind: { case: "toolCall" as const, value: { id, name, arguments: args } } }],
});
const result = (id: string, words: string, isError?: boolean) => ({
  role: Role.TOOL,
  parts: [
    {
      kind: {
        case: "toolResult" as const,
        value: { toolCallId: id, content: [text(words)], ...(isError !== undefined && { isError }) },
      },
    },
  ],
});
const tool = (name: string, more: object = {}) => ({
  kind: { case: "function" as const, value: { name, parameters: { type: "object" }, ...more } },
});
const codeOf = (act: () => unknown): [string, string | undefined] => {
  try {
    act();
  } catch (thrown) {
    if (ParlanceError.is(thrown)) return [thrown.code, thrown.facts.field];
    throw thrown;
  }
  throw new Error("nothing was thrown");
};

describe("trap 90: a conversation that holds calls of tools", () => {
  const history = [user("Hi"), call("c1", "look"), result("c1", "sunny"), user("And?")];
  const declared = [{ toolSpec: { name: "look", inputSchema: { json: { type: "object" } } } }];

  it("has its tools declared where the caller declares none any more", () => {
    expect(encode({ messages: history }).body.toolConfig).toEqual({ tools: declared });
  });

  it("has them declared where none may be called, which is told", () => {
    const { body, lost } = encode({
      messages: history,
      tools: [tool("look", { description: "Looks" }), tool("buy")],
      toolChoice: { mode: ToolChoiceMode.NONE },
    });
    expect(body.toolConfig).toEqual({
      tools: [{ toolSpec: { name: "look", description: "Looks", inputSchema: { json: { type: "object" } } } }],
    });
    expect(lost).toEqual(["tool_choice"]);
  });

  it("that holds none has no tool to be called where none may be", () => {
    const { body, lost } = encode({ tools: [tool("look")], toolChoice: { mode: ToolChoiceMode.NONE } });
    expect(body).not.toHaveProperty("toolConfig");
    expect(lost).toEqual([]);
  });

  it("refuses a forced call where there is no tool of the caller's", () => {
    const toolChoice = { mode: ToolChoiceMode.REQUIRED };
    expect(codeOf(() => encode({ messages: history, toolChoice }))).toEqual(["invalid_request", "tool_choice"]);
  });
});

describe("trap 96: turns", () => {
  it("alternate, begin with the user and hold the results of tools first", () => {
    const { body, lost } = encode({
      messages: [
        assistant("Welcome"),
        user("One", "Two"),
        user("Three"),
        call("c1", "a"),
        result("c1", "failed", true),
        { role: Role.SYSTEM, parts: [text("Be brief")] },
        user("Go on"),
      ],
      tools: [tool("a")],
    });
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "." }] },
      { role: "assistant", content: [{ text: "Welcome" }] },
      { role: "user", content: [{ text: "One" }, { text: "Two" }, { text: "Three" }] },
      { role: "assistant", content: [{ toolUse: { toolUseId: "c1", name: "a", input: {} } }] },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "c1", content: [{ text: "failed" }], status: "error" } },
          { text: "Be brief" },
          { text: "Go on" },
        ],
      },
    ]);
    expect(lost).toEqual(["messages[5].role", "messages[0].role"]);
  });

  it("hold no blank text", () => {
    const { body, lost } = encode({ messages: [user("", " \n", "Hi"), assistant(""), user("So?")] });
    expect(body.messages).toEqual([{ role: "user", content: [{ text: "Hi" }, { text: "So?" }] }]);
    expect(lost).toEqual(["messages[0].parts[1]"]);
    expect(codeOf(() => encode({ messages: [user("")] }))).toEqual(["invalid_request", "messages"]);
  });

  it("hold ids of calls that the model's family takes, the same for call and result", () => {
    const id = "call:with/odd characters";
    const messages = [user("Hi"), call(id, "a"), result(id, "x")];
    const idsFor = (model: string) => {
      const turns = encode({ messages, tools: [tool("a")] }, model).body.messages as {
        content: { toolUse?: JsonObject; toolResult?: JsonObject }[];
      }[];
      const blocks = turns.flatMap(({ content }) => content);
      return blocks.flatMap(({ toolUse, toolResult }) => toolUse?.toolUseId ?? toolResult?.toolUseId ?? []);
    };
    for (const [model, pattern] of [
      [CLAUDE, /^[a-zA-Z0-9_-]{1,64}$/],
      ["mistral.mistral-large-2407-v1:0", /^[a-zA-Z0-9]{9}$/],
    ] as const) {
      const [called, answered] = idsFor(model);
      expect(called).toMatch(pattern);
      expect(answered).toBe(called);
    }
    expect(idsFor("moonshot.kimi-k2-thinking")).toEqual([id, id]);
  });

  it("hold arguments as they were written, and only objects", () => {
    const args = '{"b": 1.0, "a": 12345678901234567890, "1": []}';
    expect(encode({ messages: [user("Hi"), call("c", "a", args), result("c", "x")] }).text).toContain(
      `"input":${args}`,
    );
    expect(codeOf(() => encode({ messages: [user("Hi"), call("c", "a", "[1]")] }))).toEqual([
      "invalid_request",
      "messages[1].parts[0].tool_call.arguments",
    ]);
  });

  it("end with the user's where the model continues no message", () => {
    const messages = [user("Hi"), assistant("I say ")];
    expect(encode({ messages })).toMatchObject({ lost: ["messages[1].parts"] });
    expect(codeOf(() => encode({ messages }, NEW_CLAUDE))).toEqual(["invalid_request", "messages[1]"]);
  });
});

describe("trap 97: pictures and documents", () => {
  const PNG = new Uint8Array(Buffer.from("iVBORw0KGgoAAAANSUhEUg==", "base64"));
  const image = (source: object, more: object = {}) =>
    ({ kind: { case: "image" as const, value: { source, ...more } } }) as never;
  const file = (value: object) => ({ kind: { case: "file" as const, value } }) as never;
  const parts = (...list: never[]) => {
    const { body, lost } = encode({ messages: [{ role: Role.USER, parts: list }] });
    return { content: (body.messages as { content: JsonObject[] }[])[0]?.content, lost };
  };

  it("go as bytes, by what they are and not by what they are called", () => {
    const bytes = Buffer.from(PNG).toString("base64");
    const wanted = [{ image: { format: "png", source: { bytes } } }];
    expect(parts(image({ case: "data", value: PNG }, { mediaType: "image/jpeg" })).content).toEqual(wanted);
    expect(parts(image({ case: "url", value: `data:image/gif;base64,${bytes}` })).content).toEqual(wanted);
  });

  it("of the web are refused by name, those in S3 are not", () => {
    const web = image({ case: "url", value: "https://example.com/a.png" });
    expect(codeOf(() => parts(web))).toEqual(["invalid_request", "messages[0].parts[0].image.url"]);
    expect(parts(image({ case: "url", value: "s3://bucket/a.JPG" })).content).toEqual([
      { image: { format: "jpeg", source: { s3Location: { uri: "s3://bucket/a.JPG" } } } },
    ]);
  });

  it("that are documents have names as the wire takes them, no name twice, and a text beside them", () => {
    const pdf = (filename?: string) =>
      file({ source: { case: "data", value: Buffer.from("%PDF-1.7") }, ...(filename !== undefined && { filename }) });
    const { content, lost } = parts(pdf("report.pdf"), pdf("report.pdf"), pdf("a__b  (1).v2.pdf"), pdf());
    expect(content?.map(({ document }) => (document as JsonObject | undefined)?.name)).toEqual([
      "report",
      "report 2",
      "a b (1) v2",
      "document",
      undefined,
    ]);
    expect(content?.at(-1)).toEqual({ text: "." });
    expect(lost).toEqual([
      "messages[0].parts[1].file.filename",
      "messages[0].parts[2].file.filename",
      "messages[0].parts",
    ]);
  });

  it("keep their names when the conversation goes on", () => {
    const pdf = file({ source: { case: "data", value: Buffer.from("%PDF-1.7") } });
    const first = { role: Role.USER, parts: [pdf, text("One")] };
    const second = { role: Role.USER, parts: [pdf, text("Two")] };
    const short = encode({ messages: [first] }).body.messages as unknown[];
    const long = encode({ messages: [first, assistant("Yes"), second] }).body.messages as unknown[];
    expect(long[0]).toEqual(short[0]);
    expect(JSON.stringify(long[2])).toContain("document 2");
  });

  it("of other kinds go as what they are: text, video and sound", () => {
    const { content } = parts(
      file({ source: { case: "text", value: "a,b" }, filename: "t.csv", mediaType: "text/csv" }),
      file({ source: { case: "data", value: Buffer.from("{}") }, mediaType: "application/json" }),
      file({ source: { case: "data", value: Buffer.from("v") }, mediaType: "video/quicktime" }),
      { kind: { case: "audio", value: { source: { case: "data", value: Buffer.from("s") }, format: "wav" } } } as never,
    );
    expect(content?.slice(0, 4)).toEqual([
      { document: { format: "csv", name: "t", source: { bytes: Buffer.from("a,b").toString("base64") } } },
      { document: { format: "txt", name: "document", source: { bytes: Buffer.from("{}").toString("base64") } } },
      { video: { format: "mov", source: { bytes: Buffer.from("v").toString("base64") } } },
      { audio: { format: "wav", source: { bytes: Buffer.from("s").toString("base64") } } },
    ]);
    const unknown = file({ source: { case: "data", value: Buffer.from("?") }, mediaType: "application/zip" });
    expect(codeOf(() => parts(unknown))).toEqual(["invalid_request", "messages[0].parts[0].file"]);
  });
});

describe("the wish to reason", () => {
  const fields = (reasoning: object, model: string, more: ChatInit = {}) => {
    const { body, lost } = encode({ reasoning, ...more }, model);
    return {
      fields: body.additionalModelRequestFields,
      effort: (body.outputConfig as JsonObject | undefined)?.effort,
      lost,
    };
  };
  const HIGH = { effort: ReasoningEffort.HIGH };

  it("is a budget, or effort of its own, for Claude", () => {
    expect(fields({ budgetTokens: 2000 }, CLAUDE).fields).toEqual({
      thinking: { type: "enabled", budget_tokens: 2000 },
    });
    expect(fields(HIGH, CLAUDE)).toEqual({
      fields: { thinking: { type: "enabled", budget_tokens: 16_384 } },
      effort: undefined,
      lost: ["reasoning.effort"],
    });
    expect(fields({ ...HIGH, visible: true }, NEW_CLAUDE)).toEqual({
      fields: { thinking: { type: "adaptive", display: "summarized" } },
      effort: "high",
      lost: [],
    });
    expect(fields({ effort: ReasoningEffort.NONE }, CLAUDE).fields).toEqual({ thinking: { type: "disabled" } });
  });

  it("leaves room for the answer", () => {
    expect(fields({ budgetTokens: 9000 }, CLAUDE, { maxOutputTokens: 4000 }).fields).toEqual({
      thinking: { type: "enabled", budget_tokens: 3999 },
    });
    expect(fields(HIGH, CLAUDE, { maxOutputTokens: 500 })).toMatchObject({ fields: undefined, lost: ["reasoning"] });
  });

  it("is a word for Nova and for OpenAI's models, and nothing where none is known", () => {
    expect(fields({ effort: ReasoningEffort.LOW }, NOVA).fields).toEqual({
      reasoningConfig: { type: "enabled", maxReasoningEffort: "low" },
    });
    expect(fields({ effort: ReasoningEffort.MAX }, "openai.gpt-oss-120b-1:0")).toMatchObject({
      fields: { reasoning_effort: "high" },
      lost: ["reasoning.effort"],
    });
    expect(fields(HIGH, "meta.llama3-8b-instruct-v1:0")).toMatchObject({ fields: undefined, lost: ["reasoning"] });
    expect(fields(HIGH, "amazon.nova-pro-v1:0")).toMatchObject({ fields: undefined, lost: ["reasoning"] });
  });

  it("excludes what the model does not take beside it", () => {
    const sampling = { temperature: 0.5, topP: 0.9, topK: 5, maxOutputTokens: 4000 };
    expect(encode({ reasoning: { budgetTokens: 1024 }, ...sampling })).toMatchObject({
      body: { inferenceConfig: { maxTokens: 4000, topP: 0.9 } },
      lost: ["temperature", "top_k"],
    });
    expect(encode({ reasoning: HIGH, ...sampling }, NOVA)).toMatchObject({
      body: { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } },
      lost: ["max_output_tokens", "temperature", "top_p"],
    });
    const forced = { tools: [tool("a")], toolChoice: { mode: ToolChoiceMode.REQUIRED } };
    expect(codeOf(() => encode({ reasoning: { budgetTokens: 1024 }, ...forced }))).toEqual([
      "invalid_request",
      "reasoning",
    ]);
  });
});

describe("how the model generates", () => {
  it("is said in the wire's own fields, and top_k in the model's", () => {
    expect(encode({ temperature: 0.5, topK: 5, maxOutputTokens: 10, stop: ["a", " "] }, CLAUDE, true)).toMatchObject({
      body: {
        inferenceConfig: { temperature: 0.5, maxTokens: 10, stopSequences: ["a"] },
        additionalModelRequestFields: { top_k: 5 },
        additionalModelResponseFieldPaths: ["/delta/stop_sequence"],
      },
      lost: ["stop[1]"],
    });
    expect(encode({ topK: 5 }, "cohere.command-r-v1:0").body.additionalModelRequestFields).toEqual({ k: 5 });
    expect(encode({ topK: 5 }, "meta.llama3-8b-instruct-v1:0").lost).toEqual(["top_k"]);
  });

  it("is told where the model does not take it", () => {
    expect(encode({ temperature: 1.5, topP: 0.5 })).toMatchObject({
      body: { inferenceConfig: { temperature: 1 } },
      lost: ["temperature", "top_p"],
    });
    expect(encode({ temperature: 0.2 }, NEW_CLAUDE).lost).toEqual(["temperature"]);
    expect(codeOf(() => encode({ n: 2 }))).toEqual(["unsupported", "n"]);
    const all = {
      frequencyPenalty: 1,
      seed: 1n,
      logprobs: true,
      endUser: "u",
      verbosity: "low",
      store: true,
      parallelToolCalls: false,
      tools: [tool("a")],
      serviceTier: "turbo",
      metadata: { good: "label", bad: "é" },
    };
    const { body, lost } = encode(all);
    expect(body.requestMetadata).toEqual({ good: "label" });
    expect(lost).toEqual([
      "service_tier",
      "metadata.bad",
      "parallel_tool_calls",
      "frequency_penalty",
      "seed",
      "logprobs",
      "end_user",
      "verbosity",
      "store",
    ]);
    expect(encode({ serviceTier: "priority" }).body.serviceTier).toEqual({ type: "priority" });
  });
});

describe("the form of the answer", () => {
  const schema = { type: "object", properties: { a: { type: "object", properties: {} } } };
  const responseFormat = { kind: { case: "jsonSchema" as const, value: { name: "n", schema } } };

  it("is asked for by the wire's own words, with objects closed", () => {
    const { body, lost } = encode({ responseFormat });
    const { textFormat } = body.outputConfig as { textFormat: { structure: { jsonSchema: { schema: string } } } };
    expect(JSON.parse(textFormat.structure.jsonSchema.schema)).toEqual({
      type: "object",
      properties: { a: { type: "object", properties: {}, additionalProperties: false } },
      additionalProperties: false,
    });
    expect(lost).toEqual(["response_format.json_schema.schema"]);
  });

  it("is asked for through a hidden tool, or in words, where the model obeys no schema", () => {
    const { body } = encode({ responseFormat }, "amazon.nova-pro-v1:0");
    expect(body.toolConfig).toMatchObject({
      tools: [{ toolSpec: { name: "parlance_json_answer" } }],
      toolChoice: { any: {} },
    });
    const llama = encode({ responseFormat }, "meta.llama3-8b-instruct-v1:0");
    expect(JSON.stringify(llama.body.system)).toContain("JSON schema");
    expect(llama.lost).toEqual(["response_format.json_schema"]);
  });
});

describe("the choice of a tool", () => {
  const choose = (mode: ToolChoiceMode, model: string) => {
    const toolChoice = { mode, ...(mode === ToolChoiceMode.TOOL && { name: "a" }) };
    const { body, lost } = encode({ tools: [tool("a"), tool("b")], toolChoice }, model);
    const { tools, toolChoice: said } = body.toolConfig as { tools: unknown[]; toolChoice?: unknown };
    return [said, tools.length, lost];
  };

  it("is said as far as the model's family can", () => {
    expect(choose(ToolChoiceMode.AUTO, CLAUDE)).toEqual([{ auto: {} }, 2, []]);
    expect(choose(ToolChoiceMode.TOOL, CLAUDE)).toEqual([{ tool: { name: "a" } }, 2, []]);
    expect(choose(ToolChoiceMode.REQUIRED, "mistral.mistral-large-2407-v1:0")).toEqual([{ any: {} }, 2, []]);
    expect(choose(ToolChoiceMode.TOOL, "mistral.mistral-large-2407-v1:0")).toEqual([{ any: {} }, 1, ["tools[1]"]]);
    expect(choose(ToolChoiceMode.REQUIRED, "meta.llama3-1-70b-instruct-v1:0")).toEqual([undefined, 2, ["tool_choice"]]);
  });
});

describe("what is to be cached", () => {
  const cached = { ...text("Long"), cache: { ttl: { seconds: 3600n, nanos: 0 } } };
  const messages = [{ role: Role.SYSTEM, parts: [cached] }, user("Hi")];

  it("ends with a point of its own, for as long as the family keeps it", () => {
    expect(encode({ messages }).body.system).toEqual([
      { text: "Long" },
      { cachePoint: { type: "default", ttl: "1h" } },
    ]);
    const nova = encode({ messages, tools: [{ ...tool("a"), cache: {} }] }, NOVA);
    expect(nova.body.system).toEqual([{ text: "Long" }, { cachePoint: { type: "default" } }]);
    expect((nova.body.toolConfig as { tools: unknown[] }).tools[1]).toEqual({ cachePoint: { type: "default" } });
    expect(nova.lost).toEqual(["messages[0].parts[0].cache.ttl"]);
    expect(encode({ messages }, "qwen.qwen3-32b-v1:0")).toMatchObject({
      body: { system: [{ text: "Long" }] },
      lost: ["messages[0].parts[0].cache"],
    });
  });
});

describe("fields of a dialect", () => {
  it("of its own go where they belong, joined with the encoder's; others are told", () => {
    const { body, lost } = encode({
      topK: 5,
      extensions: {
        "bedrock-converse": {
          additionalModelRequestFields: { top_k: 9, more: 1 },
          promptVariables: { a: { text: "b" } },
        },
        "openai-chat": { prediction: {} },
      },
    });
    expect(body.additionalModelRequestFields).toEqual({ top_k: 5, more: 1 });
    expect(body.promptVariables).toEqual({ a: { text: "b" } });
    expect(lost).toEqual(["extensions.openai-chat.prediction"]);
  });
});
