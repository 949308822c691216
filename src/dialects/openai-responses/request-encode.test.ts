import { describe, expect, test } from "vitest";
import {
  CacheHintSchema,
  ChatRequestSchema,
  create,
  type JsonObject,
  Losses,
  type MessageInitShape,
  type ModelTraits,
  type PartSchema,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
  ToolKind,
} from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

type Init = MessageInitShape<typeof ChatRequestSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;

const text = (words: string): PartInit => ({ kind: { case: "text", value: { text: words } } });
const call = (id: string, kind = ToolKind.FUNCTION): PartInit => ({
  kind: { case: "toolCall", value: { id, name: "look", arguments: "{}", kind } },
});
const result = (id: string, ...content: PartInit[]): PartInit => ({
  kind: { case: "toolResult", value: { toolCallId: id, content } },
});
const reasoning = (value: object): PartInit => ({ kind: { case: "reasoning", value: { text: "Hm.", ...value } } });
const says = (role: Role, ...parts: PartInit[]) => ({ role, parts: parts as never[] });

/** A request of another dialect on this wire. */
function encode(init: Init, traits: ModelTraits = {}): { body: JsonObject; losses: string[] } {
  const losses = new Losses();
  const request = create(ChatRequestSchema, { model: "asked", messages: [says(Role.USER, text("hi"))], ...init });
  const body = JSON.parse(openaiResponses.encodeRequest(request, { model: "gpt-x", stream: false, traits, losses }));
  return { body: body as JsonObject, losses: losses.list.map(({ path }) => path) };
}

describe("requests of another dialect", () => {
  test("are not stored, and ask for sealed reasoning, so that it can come back", () => {
    expect(encode({}).body).toEqual({
      model: "gpt-x",
      input: [{ role: "user", content: "hi" }],
      store: false,
      include: ["reasoning.encrypted_content"],
    });
    expect(encode({}, { reasoning: "none" }).body.include).toBeUndefined();
  });

  test("trap 3: results of one message are items of their own, each after its call and before the words", () => {
    const { body } = encode({
      messages: [
        says(Role.USER, text("go")),
        says(Role.ASSISTANT, text("Two."), call("a"), call("b")),
        says(Role.USER, result("a", text("1")), result("b"), text("and now?")),
      ],
    });
    expect(body.input).toEqual([
      { role: "user", content: "go" },
      { role: "assistant", content: "Two." },
      { type: "function_call", call_id: "a", name: "look", arguments: "{}" },
      { type: "function_call", call_id: "b", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "a", output: "1" },
      { type: "function_call_output", call_id: "b", output: "" },
      { role: "user", content: "and now?" },
    ]);
  });

  test("a failed tool is told in words, and pictures stay in the result", () => {
    const picture: PartInit = {
      kind: { case: "image", value: { source: { case: "url", value: "https://a.example/x" } } },
    };
    const failed: PartInit = {
      kind: {
        case: "toolResult",
        value: { toolCallId: "a", isError: true, content: [text("No."), picture] as never[] },
      },
    };
    const { body, losses } = encode({ messages: [says(Role.ASSISTANT, call("a")), says(Role.TOOL, failed)] });
    expect((body.input as JsonObject[])[1]?.output).toEqual([
      { type: "input_text", text: "Error:" },
      { type: "input_text", text: "No." },
      { type: "input_image", image_url: "https://a.example/x" },
    ]);
    expect(losses).toEqual(["messages[1].parts[0].tool_result.is_error"]);
  });

  test("trap 10: ids of more than 64 characters are shortened alike in the call and its result", () => {
    const long = `call|${"x".repeat(100)}`;
    const { body } = encode({ messages: [says(Role.ASSISTANT, call(long)), says(Role.TOOL, result(long, text("1")))] });
    const [first, second] = body.input as JsonObject[];
    expect(first?.call_id).toHaveLength(64);
    expect(second?.call_id).toBe(first?.call_id);
    const other = encode({ messages: [says(Role.ASSISTANT, call(`${long}y`))] }).body.input as JsonObject[];
    expect(other[0]?.call_id).not.toBe(first?.call_id);
    const short = encode({ messages: [says(Role.ASSISTANT, call("functions.Bash:0"))] }).body.input as JsonObject[];
    expect(short[0]?.call_id).toBe("functions.Bash:0");
  });

  test("trap 71: another provider's reasoning is told as a loss and is never visible text", () => {
    const { body, losses } = encode({
      messages: [
        says(Role.USER, text("go")),
        says(Role.ASSISTANT, reasoning({ dialect: "anthropic-messages", signature: "s" }), text("Yes.")),
      ],
    });
    expect(body.input).toEqual([
      { role: "user", content: "go" },
      { role: "assistant", content: "Yes." },
    ]);
    expect(losses).toEqual(["messages[1].parts[0]"]);
  });

  test("trap 143: reasoning goes back with its seal and before what followed it, or not at all", () => {
    const own = { dialect: "openai-responses" };
    const sealed = reasoning({ ...own, encryptedContent: "x" });
    const { body, losses } = encode({
      messages: [
        says(Role.ASSISTANT, sealed, call("a")),
        says(Role.TOOL, result("a", text("1"))),
        says(Role.ASSISTANT, reasoning(own), text("Unsealed.")),
        says(Role.ASSISTANT, text("Followed by nothing."), sealed),
      ],
    });
    expect((body.input as JsonObject[]).map((item) => item.type ?? item.role)).toEqual([
      "reasoning",
      "function_call",
      "function_call_output",
      "assistant",
      "assistant",
    ]);
    expect((body.input as JsonObject[])[0]).toEqual({
      type: "reasoning",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "x",
    });
    expect(losses).toEqual(["messages[2].parts[0]", "messages[3].parts[1]"]);
  });

  test("functions are not strict unless they say so: here silence would mean that they are", () => {
    const { body } = encode({
      tools: [
        { kind: { case: "function", value: { name: "a" } } },
        { kind: { case: "function", value: { name: "b", strict: true, parameters: { type: "object" } } } },
        { kind: { case: "opaque", value: { dialect: "anthropic-messages", value: { type: "bash" } } } },
      ],
      toolChoice: { mode: ToolChoiceMode.REQUIRED, allowed: ["a"] },
    });
    expect(body.tools).toEqual([
      { type: "function", name: "a", parameters: { type: "object", properties: {} }, strict: false },
      { type: "function", name: "b", parameters: { type: "object" }, strict: true },
    ]);
    expect(body.tool_choice).toEqual({
      type: "allowed_tools",
      mode: "required",
      tools: [{ type: "function", name: "a" }],
    });
  });

  test("the result of a custom tool's call is of its own type", () => {
    const { body } = encode({
      messages: [says(Role.ASSISTANT, call("a", ToolKind.CUSTOM)), says(Role.TOOL, result("a", text("1")))],
      tools: [{ kind: { case: "custom", value: { name: "look" } } }],
      toolChoice: { mode: ToolChoiceMode.TOOL, name: "look" },
    });
    expect((body.input as JsonObject[]).map(({ type }) => type)).toEqual([
      "custom_tool_call",
      "custom_tool_call_output",
    ]);
    expect(body.tool_choice).toEqual({ type: "custom", name: "look" });
  });

  test("what no request of this dialect can say is told as losses", () => {
    const { losses } = encode({
      stop: ["a"],
      seed: 7n,
      n: 2,
      logitBias: { "1": 1 },
      topK: 3,
      frequencyPenalty: 1,
      presencePenalty: 1,
      messages: [{ ...says(Role.USER, { ...text("hi"), cache: create(CacheHintSchema) }), name: "Ann" }],
      extensions: { "openai-chat": { prediction: { type: "content" } } },
    });
    expect(losses.sort()).toEqual([
      "extensions.openai-chat.prediction",
      "frequency_penalty",
      "logit_bias",
      "messages[0].name",
      "messages[0].parts[0].cache",
      "n",
      "presence_penalty",
      "seed",
      "stop",
      "top_k",
    ]);
  });

  test("the answer's form, reasoning and log probabilities lie where this wire has them", () => {
    const { body } = encode({
      responseFormat: { kind: { case: "jsonSchema", value: { schema: { type: "object" }, strict: true } } },
      reasoning: { effort: ReasoningEffort.LOW, visible: true },
      logprobs: true,
      topLogprobs: 2,
      endUser: "someone",
    });
    expect(body).toMatchObject({
      text: { format: { type: "json_schema", name: "response", schema: { type: "object" }, strict: true } },
      reasoning: { effort: "low", summary: "auto" },
      include: ["message.output_text.logprobs", "reasoning.encrypted_content"],
      top_logprobs: 2,
      user: "someone",
    });
  });

  test("a budget of reasoning is an effort here, which is told", () => {
    const { body, losses } = encode({ reasoning: { budgetTokens: 2048 } });
    expect(body.reasoning).toEqual({ effort: "low" });
    expect(losses).toEqual(["reasoning.budget_tokens"]);
  });

  test("trap 124: a model that samples in its own way is not asked to sample otherwise", () => {
    const { body, losses } = encode({ temperature: 0, topP: 0.5, maxOutputTokens: 9 }, { sampling: "fixed" });
    expect(body).not.toHaveProperty("temperature");
    expect(body.max_output_tokens).toBe(9);
    expect(losses).toEqual(["temperature", "top_p"]);
  });

  test("trap 125: instructions go out in the role that the model takes", () => {
    const messages = [says(Role.SYSTEM, text("Be brief.")), says(Role.USER, text("hi"))];
    expect((encode({ messages }, { systemRole: "developer" }).body.input as JsonObject[])[0]).toEqual({
      role: "developer",
      content: "Be brief.",
    });
  });

  test("documents keep their name, and get one where the wire demands it", () => {
    const data = { case: "data" as const, value: new Uint8Array([0, 1, 2]) };
    const file = (value: object): PartInit => ({ kind: { case: "file", value: { source: data, ...value } } });
    const { body, losses } = encode({
      messages: [
        says(
          Role.USER,
          file({ mediaType: "application/pdf" }),
          file({ mediaType: "application/pdf", filename: "a.pdf" }),
          { kind: { case: "file", value: { source: { case: "text", value: "Words." } } } },
        ),
      ],
    });
    expect((body.input as JsonObject[])[0]?.content).toEqual([
      { type: "input_file", filename: "document.pdf", file_data: "data:application/pdf;base64,AAEC" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAEC" },
      { type: "input_text", text: "Words." },
    ]);
    expect(losses).toEqual(["messages[0].parts[2].file"]);
  });
});
