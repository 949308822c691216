import { describe, expect, test } from "vitest";
import { asChat, asMessages, fromChat } from "../../../test/support/other-dialects.js";
import {
  type ChatRequest,
  type JsonObject,
  Losses,
  ParlanceError,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
  ToolKind,
} from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

const decode = (body: JsonObject): ChatRequest =>
  openaiResponses.decodeRequest(JSON.stringify({ model: "m", ...body }));
const target = () => ({ model: "m", stream: false, traits: {}, losses: new Losses() });
const again = (body: JsonObject): JsonObject =>
  JSON.parse(openaiResponses.encodeRequest(decode(body), target())) as JsonObject;
const failure = (body: JsonObject): ParlanceError => {
  try {
    decode(body);
  } catch (thrown) {
    return ParlanceError.from(thrown);
  }
  throw new Error("it did not fail");
};

describe("the input", () => {
  test("trap 144: a string is a message of the user, and instructions are a message of the system before it", () => {
    const { messages } = decode({ instructions: "Be brief.", input: "Hi" });
    expect(messages.map(({ role, parts }) => [role, parts[0]?.kind.value])).toMatchObject([
      [Role.SYSTEM, { text: "Be brief." }],
      [Role.USER, { text: "Hi" }],
    ]);
    expect(again({ instructions: "Be brief.", input: "Hi" })).toEqual({
      model: "m",
      instructions: "Be brief.",
      input: "Hi",
    });
  });

  test("trap 144: instructions and messages of the system are not the same, and come back apart", () => {
    const body = {
      model: "m",
      instructions: "One.",
      input: [
        { role: "system", content: "Two." },
        { role: "user", content: "Hi" },
      ],
    };
    expect(decode(body).messages.map(({ role }) => role)).toEqual([Role.SYSTEM, Role.SYSTEM, Role.USER]);
    expect(again(body)).toEqual(body);
  });

  test("reasoning, a message and calls in a row are one message of the assistant, and results one of the tools", () => {
    const input = [
      { role: "user", content: "Weather in Rome and Oslo?" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Two calls." }],
        encrypted_content: "x",
      },
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        phase: "commentary",
        content: [{ type: "output_text", text: "One moment.", annotations: [] }],
      },
      { type: "function_call", id: "fc_1", call_id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
      { type: "function_call", id: "fc_2", call_id: "call_2", name: "weather", arguments: '{"city":"Oslo"}' },
      { type: "function_call_output", call_id: "call_1", output: "Sun" },
      { type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "Snow" }] },
    ];
    const { messages } = decode({ input });
    expect(messages.map(({ role, parts }) => [role, parts.map(({ kind }) => kind.case)])).toEqual([
      [Role.USER, ["text"]],
      [Role.ASSISTANT, ["reasoning", "text", "toolCall", "toolCall"]],
      [Role.TOOL, ["toolResult", "toolResult"]],
    ]);
    expect(again({ input }).input).toEqual(input);
    const chat = asChat(decode({ input })) as { messages: JsonObject[] };
    expect(chat.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool"]);
    expect(chat.messages[1]?.tool_calls).toHaveLength(2);
  });

  test("two messages of the assistant in a row stay two", () => {
    const input = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "One." },
      { role: "assistant", content: "Two." },
    ];
    expect(decode({ input }).messages.map(({ role }) => role)).toEqual([Role.USER, Role.ASSISTANT, Role.ASSISTANT]);
    expect(again({ input }).input).toEqual(input);
  });

  test("pictures, documents and sound are parts by address, by bytes and by id", () => {
    const content = [
      { type: "input_image", image_url: "https://a.example/x.png", detail: "low" },
      { type: "input_image", image_url: "data:image/png;base64,AAEC" },
      { type: "input_image", file_id: "file_1" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAEC" },
      { type: "input_file", file_url: "https://a.example/a.pdf" },
      { type: "input_file", file_id: "file-2" },
      { type: "input_audio", input_audio: { data: "AAEC", format: "wav" } },
    ];
    const input = [{ role: "user", content }];
    expect(
      decode({ input }).messages[0]?.parts.map(({ kind }) => [kind.case, (kind.value as { source?: unknown }).source]),
    ).toMatchObject([
      ["image", { case: "url" }],
      ["image", { case: "data", value: Buffer.from([0, 1, 2]) }],
      ["image", { case: "fileId" }],
      ["file", { case: "data" }],
      ["file", { case: "url" }],
      ["file", { case: "fileId" }],
      ["audio", { case: "data" }],
    ]);
    expect(again({ input }).input).toEqual(input);
  });

  test("trap 134: items and pieces that nobody knows are kept whole, in their place", () => {
    const input = [
      { role: "user", content: [{ type: "x_piece", a: { b: [1, null] } }] },
      { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } },
      { type: "computer_call_output", call_id: "c", output: { type: "computer_screenshot", image_url: "x" } },
      { type: "item_reference", id: "msg_9" },
      { type: "x_item", deep: { nothing: null } },
    ];
    expect(again({ input }).input).toEqual(input);
    const losses = new Losses();
    asChat(decode({ input }), losses);
    expect(losses.list.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["messages[0].parts[0]", "messages[1].parts[0]", "messages[3].parts[1]"]),
    );
  });

  test("a message of which another dialect can say nothing leaves none there", () => {
    const input = [
      { role: "user", content: "x" },
      { type: "web_search_call", id: "ws_1", status: "completed" },
      { type: "mcp_approval_response", approval_request_id: "a", approve: true },
      { role: "user", content: "y" },
    ];
    expect(asChat(decode({ input })).messages).toEqual([
      { role: "user", content: "x" },
      { role: "user", content: "y" },
    ]);
  });

  test("a hint to cache is the vocabulary's", () => {
    const content = [{ type: "input_text", text: "Long.", prompt_cache_breakpoint: { mode: "explicit" } }];
    expect(decode({ input: [{ role: "user", content }] }).messages[0]?.parts[0]?.cache).toBeDefined();
    const body = asMessages(decode({ input: [{ role: "user", content }] })) as {
      messages: { content: JsonObject[] }[];
    };
    expect(body.messages[0]?.content[0]?.cache_control).toEqual({ type: "ephemeral" });
  });

  test.each<[string, JsonObject]>([
    ["model", { model: 7, input: "x" }],
    ["input", {}],
    ["input", { input: [] }],
    ["input[0]", { input: ["x"] }],
    ["input[0].role", { input: [{ role: "critic", content: "x" }] }],
    ["input[0].content", { input: [{ role: "user" }] }],
    ["input[0].content[0].text", { input: [{ role: "user", content: [{ type: "input_text" }] }] }],
    ["input[0].call_id", { input: [{ type: "function_call", name: "a", arguments: "{}" }] }],
    ["input[0].output", { input: [{ type: "function_call_output", call_id: "a" }] }],
    ["tools[0].name", { input: "x", tools: [{ type: "function" }] }],
    ["tool_choice", { input: "x", tool_choice: "any" }],
    ["temperature", { input: "x", temperature: 3 }],
    ["text.format.schema", { input: "x", text: { format: { type: "json_schema", name: "a", schema: 7 } } }],
  ])("a fault is told with its field: %s", (field, body) => {
    const error = failure(body);
    expect(error.code).toBe("invalid_request");
    expect(error.facts.field).toBe(field);
  });
});

describe("the settings", () => {
  test("what the vocabulary has a field for is in that field", () => {
    const request = decode({
      input: "x",
      tools: [
        { type: "function", name: "look", description: "Looks.", parameters: { type: "object" }, strict: true },
        { type: "custom", name: "sql", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
        { type: "web_search" },
      ],
      tool_choice: { type: "function", name: "look" },
      text: { format: { type: "json_schema", name: "a", schema: { type: "object" }, strict: true }, verbosity: "low" },
      reasoning: { effort: "high", summary: "detailed" },
      include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
      top_logprobs: 3,
      max_output_tokens: 10,
      temperature: 0,
      top_p: 1,
      parallel_tool_calls: false,
      service_tier: "flex",
      safety_identifier: "someone",
      metadata: { a: "b" },
      parlance: { strict: true, routing: { fallbacks: ["other"] } },
    });
    expect(request).toMatchObject({
      tools: [
        { kind: { case: "function", value: { name: "look", strict: true } } },
        {
          kind: {
            case: "custom",
            value: { format: { type: "grammar", grammar: { syntax: "lark", definition: "start: x" } } },
          },
        },
        { kind: { case: "opaque", value: { dialect: "openai-responses" } } },
      ],
      toolChoice: { mode: ToolChoiceMode.TOOL, name: "look" },
      responseFormat: { kind: { case: "jsonSchema", value: { name: "a", strict: true } } },
      reasoning: { effort: ReasoningEffort.HIGH, visible: true },
      logprobs: true,
      topLogprobs: 3,
      maxOutputTokens: 10,
      temperature: 0,
      topP: 1,
      parallelToolCalls: false,
      serviceTier: "flex",
      endUser: "someone",
      metadata: { a: "b" },
      strict: true,
      routing: { fallbacks: ["other"] },
    });
  });

  test("a grammar reaches Chat Completions in its shape, and comes from there in ours", () => {
    const format = { type: "grammar", syntax: "lark", definition: "start: x" };
    const request = decode({ input: "x", tools: [{ type: "custom", name: "sql", format }] });
    const chat = asChat(request) as { tools: JsonObject[] };
    expect(chat.tools[0]?.custom).toEqual({
      name: "sql",
      format: { type: "grammar", grammar: { syntax: "lark", definition: "start: x" } },
    });
    const back = fromChat({ model: "m", messages: [{ role: "user", content: "x" }], ...chat });
    const body = JSON.parse(openaiResponses.encodeRequest(back, target())) as { tools: JsonObject[] };
    expect(body.tools[0]).toEqual({ type: "custom", name: "sql", format });
  });

  test("some of the tools may be allowed, and a tool of the provider's own stays a field of the dialect", () => {
    const tools = [
      { type: "function", name: "a" },
      { type: "custom", name: "b" },
    ];
    const allowed = { type: "allowed_tools", mode: "required", tools };
    expect(decode({ input: "x", tool_choice: allowed }).toolChoice).toMatchObject({
      mode: ToolChoiceMode.REQUIRED,
      allowed: ["a", "b"],
    });
    expect(again({ input: "x", tool_choice: allowed }).tool_choice).toEqual(allowed);
    const hosted = { type: "file_search" };
    expect(decode({ input: "x", tool_choice: hosted }).toolChoice).toBeUndefined();
    expect(again({ input: "x", tool_choice: hosted }).tool_choice).toEqual(hosted);
  });

  test("trap 135: zero, false, null and absent are four things", () => {
    const body = {
      model: "m",
      input: "x",
      temperature: 0,
      top_p: null,
      max_output_tokens: 0,
      top_logprobs: 0,
      parallel_tool_calls: false,
      store: false,
      stream: false,
      tools: [],
      metadata: {},
      instructions: "",
      user: null,
    };
    expect(again(body)).toEqual(body);
  });

  test("trap 132: what only this dialect has is a loss elsewhere, told by its name", () => {
    const losses = new Losses();
    asChat(
      decode({
        input: "x",
        prompt_cache_key: "k",
        truncation: "auto",
        background: true,
        max_tool_calls: 3,
        include: ["file_search_call.results"],
        text: { verbosity: "low" },
        reasoning: { context: "all_turns" },
        tools: [{ type: "web_search" }],
        x_new: 1,
      }),
      losses,
    );
    expect(losses.list.map(({ path }) => path).sort()).toEqual([
      "extensions.openai-responses.background",
      "extensions.openai-responses.include",
      "extensions.openai-responses.max_tool_calls",
      "extensions.openai-responses.reasoning",
      "extensions.openai-responses.truncation",
      "extensions.openai-responses.x_new",
      "tools[0]",
    ]);
  });

  test("what is as it would be anyway is nobody's loss", () => {
    const losses = new Losses(true);
    const quiet = {
      store: false,
      background: false,
      truncation: "disabled",
      stream: true,
      stream_options: { include_obfuscation: false },
      include: ["reasoning.encrypted_content"],
    };
    expect(() => asChat(decode({ input: "x", ...quiet }), losses)).not.toThrow();
  });

  test.each(["previous_response_id", "conversation", "prompt"])(
    "trap 144: %s needs what the gateway may not have, and is never ignored: strict refuses it by name",
    (name) => {
      const body = { input: "x", [name]: name === "prompt" ? { id: "pmpt_1" } : "id_1" };
      const losses = new Losses();
      asChat(decode(body), losses);
      expect(losses.list.map(({ path }) => path)).toEqual([`extensions.openai-responses.${name}`]);
      expect(() => asChat(decode(body), new Losses(true))).toThrow(name);
      expect(again(body)).toEqual({ model: "m", ...body });
    },
  );

  test("a request may come without input where the provider holds the conversation", () => {
    expect(again({ prompt: { id: "pmpt_1" } })).toEqual({ model: "m", prompt: { id: "pmpt_1" } });
    expect(again({ conversation: "conv_1" })).toEqual({ model: "m", conversation: "conv_1" });
  });

  test("trap 134: a request that streams asks its target for a stream, and one that does not asks for none", () => {
    const asked = decode({ input: "x", stream: true, stream_options: { include_obfuscation: false } });
    const body = (stream: boolean) =>
      JSON.parse(openaiResponses.encodeRequest(asked, { ...target(), stream })) as JsonObject;
    expect(body(true)).toMatchObject({ stream: true, stream_options: { include_obfuscation: false } });
    expect(body(false)).toEqual({ model: "m", input: "x" });
    expect(
      JSON.parse(openaiResponses.encodeRequest(decode({ input: "x" }), { ...target(), stream: true })),
    ).toMatchObject({
      stream: true,
    });
  });
});

test("a custom tool's call and its result are of the vocabulary", () => {
  const input = [
    { role: "user", content: "x" },
    { type: "custom_tool_call", call_id: "c", name: "sql", input: "select 1" },
    { type: "custom_tool_call_output", call_id: "c", output: "1" },
  ];
  expect(decode({ input }).messages[1]?.parts[0]?.kind.value).toMatchObject({
    arguments: "select 1",
    kind: ToolKind.CUSTOM,
  });
  expect(again({ input }).input).toEqual(input);
});
