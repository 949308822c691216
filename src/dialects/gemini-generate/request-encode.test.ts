import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  failure,
  look,
  paths,
  type PartInit,
  result,
  system,
  text,
  tool,
  user,
} from "../../../test/support/anthropic-requests.js";
import { encode } from "../../../test/support/gemini-requests.js";
import {
  type JsonObject,
  LossKind,
  type MessageInitShape,
  ReasoningEffort,
  Role,
  ToolChoiceMode,
  type ToolSchema,
} from "../../sdk/index.js";

const named = (name: string, parameters?: JsonObject, more: object = {}) =>
  ({ kind: { case: "function", value: { name, ...(parameters && { parameters }), ...more } } }) as const;
type ToolInit = MessageInitShape<typeof ToolSchema>;
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

describe("a conversation", () => {
  it("trap 73: has the roles user and model only, instructions in front, and neighbours of one role together", () => {
    const { body, losses } = encode({
      messages: [
        system(text("Be brief.")),
        { role: Role.DEVELOPER, parts: [text("Be kind.")] },
        user(text("a")),
        user(text("b")),
        assistant(text("c")),
        assistant(text("d")),
        user(text("e")),
      ],
    });
    expect(body.systemInstruction).toEqual({ parts: [{ text: "Be brief." }, { text: "Be kind." }] });
    expect(body.contents).toEqual([
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
      { role: "model", parts: [{ text: "c" }, { text: "d" }] },
      { role: "user", parts: [{ text: "e" }] },
    ]);
    expect(losses).toEqual([]);
  });

  it("keeps instructions that come later in their place, as the user's, and never between a call and its result", () => {
    const { body, losses } = encode({
      messages: [user(text("a")), assistant(call("1")), system(text("now in French")), tool(result("1"))],
    });
    expect(body.contents.map(({ role }) => role)).toEqual(["user", "model", "user"]);
    expect(body.contents[2]?.parts).toEqual([
      { functionResponse: { id: "1", name: "look", response: { result: "done" } } },
      { text: "now in French" },
    ]);
    expect(losses).toEqual([{ path: "messages[2].role", kind: LossKind.APPROXIMATED }]);
  });

  it("that is instructions only is sent as the user's words", () => {
    const { body, losses } = encode({ messages: [system(text("Say hi."))] });
    expect(body.contents).toEqual([{ role: "user", parts: [{ text: "Say hi." }] }]);
    expect(body.systemInstruction).toBeUndefined();
    expect(paths(losses)).toEqual(["messages[0].role"]);
  });

  it("trap 74: names the tool that a result is of, wraps what is no object, and keeps the order of the calls", () => {
    const { body } = encode({
      messages: [
        user(text("weather?")),
        assistant(call("1", '{"city":"Rome"}', "weather"), call("2", "{}", "time"), call("3", "{}", "mood")),
        tool(result("3", "fine"), result("2", '{"hour":12.0}')),
        tool(result("1", "[1]")),
      ],
    });
    expect(body.contents).toHaveLength(3);
    expect(body.contents[2]?.parts).toEqual([
      { functionResponse: { id: "1", name: "weather", response: { result: "[1]" } } },
      { functionResponse: { id: "2", name: "time", response: { hour: 12 } } },
      { functionResponse: { id: "3", name: "mood", response: { result: "fine" } } },
    ]);
  });

  it("trap 74: keeps the numbers of arguments and results as they were written", () => {
    const { text: written } = encode({
      messages: [
        user(text("a")),
        assistant(call("1", '{"n":12345678901234567890,"m":1.0}')),
        tool(result("1", '{"x":1.50}')),
      ],
    });
    expect(written).toContain('"args":{"n":12345678901234567890,"m":1.0}');
    expect(written).toContain('"response":{"x":1.50}');
  });

  it("trap 74: refuses a result whose call nobody knows, and arguments that are no object", () => {
    const lost = failure(() => encode({ messages: [user(text("a")), tool(result("9"))] }));
    expect(lost).toMatchObject({ code: "invalid_request" });
    expect(lost.facts.field).toBe("messages[1].parts[0].tool_result.tool_call_id");
    const bad = failure(() => encode({ messages: [assistant(call("1", "[]"))] }));
    expect(bad.facts.field).toBe("messages[0].parts[0].tool_call.arguments");
  });

  it("tells a tool's failure under `error`, its pictures beside it, and one result for each call", () => {
    const picture: PartInit = { kind: { case: "image", value: { source: { case: "data", value: PNG } } } };
    const failed: PartInit = {
      kind: {
        case: "toolResult",
        value: { toolCallId: "1", isError: true, content: [text("broken"), picture] as never[] },
      },
    };
    const { body, losses } = encode({ messages: [assistant(call("1")), tool(failed, result("1"))] });
    expect(body.contents[1]?.parts).toEqual([
      {
        functionResponse: {
          id: "1",
          name: "look",
          response: { error: "broken" },
          parts: [{ inlineData: { mimeType: "image/png", data: PNG.toString("base64") } }],
        },
      },
    ]);
    expect(paths(losses)).toEqual(["messages[1].parts[1]"]);
  });

  it("trap 75: does not send ids that were made for calls without one", () => {
    const { body } = encode({
      messages: [
        assistant(call("gemini_call_ab_0"), call("gemini_call_ab_1")),
        tool(result("gemini_call_ab_1"), result("gemini_call_ab_0")),
      ],
    });
    for (const { parts } of body.contents) {
      for (const part of parts)
        expect(Object.keys((part.functionCall ?? part.functionResponse) as object)).not.toContain("id");
    }
  });

  it("trap 78: sends seals on the part after them, and a word in place of one for calls of other models", () => {
    const seal: PartInit = {
      kind: { case: "reasoning", value: { text: "", signature: "c2VhbA==", dialect: "gemini" } },
    };
    const signed = encode({ messages: [assistant(seal, call("1"), call("2"))] }).body.contents[0]?.parts;
    expect(signed?.map((part) => part.thoughtSignature)).toEqual(["c2VhbA==", undefined]);
    const foreign = encode({ messages: [assistant(text("let me see"), call("1"), call("2"))] }).body.contents[0]?.parts;
    expect(foreign?.map((part) => part.thoughtSignature)).toEqual([
      undefined,
      "skip_thought_signature_validator",
      undefined,
    ]);
    const older = encode({ messages: [assistant(call("1"))] }, { reasoning: "budget" }).body.contents[0]?.parts;
    expect(older?.[0]).not.toHaveProperty("thoughtSignature");
    const last = encode({ messages: [assistant(text("hi"), seal)] }).body.contents[0]?.parts;
    expect(last).toEqual([{ text: "hi" }, { text: "", thoughtSignature: "c2VhbA==" }]);
  });

  it("trap 78: takes the seal of a call from where clients of Google's other wire keep it", () => {
    const extra = { "openai-chat": { extra_content: { google: { thought_signature: "c2VhbA==" } } } };
    const { body, losses } = encode({ messages: [assistant({ ...call("1"), extensions: extra })] });
    expect(body.contents[0]?.parts[0]?.thoughtSignature).toBe("c2VhbA==");
    expect(losses).toEqual([]);
  });

  it("trap 35: leaves out the reasoning of other providers and says so", () => {
    const thought: PartInit = {
      kind: { case: "reasoning", value: { text: "hm", signature: "x", dialect: "anthropic-messages" } },
    };
    const { body, losses } = encode({ messages: [assistant(thought, text("hi"))] });
    expect(body.contents).toEqual([{ role: "model", parts: [{ text: "hi" }] }]);
    expect(paths(losses)).toEqual(["messages[0].parts[0]"]);
  });

  it("trap 88: sends media with their types, and files only to the provider that holds them", () => {
    const image = (source: object, more: object = {}): PartInit =>
      ({ kind: { case: "image", value: { source, ...more } } }) as PartInit;
    const { body, losses } = encode({
      messages: [
        user(
          image({ case: "url", value: `data:image/jpg;base64,${PNG.toString("base64")}` }),
          image({ case: "url", value: "https://x.test/a.webp?size=1" }),
          image({ case: "url", value: "https://x.test/a" }, { detail: "high" }),
          image({ case: "fileId", value: "https://generativelanguage.googleapis.com/v1beta/files/abc" }),
          { kind: { case: "audio", value: { source: { case: "data", value: PNG }, format: "mp3" } } },
          { kind: { case: "file", value: { source: { case: "text", value: "words" }, filename: "a.txt" } } },
        ),
      ],
    });
    expect(body.contents[0]?.parts).toEqual([
      { inlineData: { mimeType: "image/jpeg", data: PNG.toString("base64") } },
      { fileData: { fileUri: "https://x.test/a.webp?size=1", mimeType: "image/webp" } },
      { fileData: { fileUri: "https://x.test/a", mimeType: "image/jpeg" } },
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc" } },
      { inlineData: { mimeType: "audio/mp3", data: PNG.toString("base64") } },
      { inlineData: { mimeType: "text/plain", data: Buffer.from("words").toString("base64") } },
    ]);
    expect(paths(losses)).toEqual([
      "messages[0].parts[2].image.detail",
      "messages[0].parts[2].image.url",
      "messages[0].parts[5].file.filename",
    ]);
    const elsewhere = failure(() => encode({ messages: [user(image({ case: "fileId", value: "file-abc" }))] }));
    expect(elsewhere.facts.field).toBe("messages[0].parts[0].image.file_id");
  });
});

const PNG = Buffer.from("89504e470d0a1a0a", "hex");

describe("tools", () => {
  it("trap 79: travel as JSON schema where the model takes it, keyword for keyword", () => {
    const wild = {
      ...schema,
      $defs: { a: { type: "null" } },
      additionalProperties: false,
      oneOf: [{ $ref: "#/$defs/a" }],
    };
    const { body, losses } = encode({ tools: [named("weather", wild, { description: "" })] });
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: "weather", parametersJsonSchema: wild }] }]);
    expect(losses).toEqual([]);
  });

  it("trap 79: travel as Google's schema to older models, and what cannot be said is told", () => {
    const wild = {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      $defs: { unit: { type: "string", enum: ["C", "F"] } },
      properties: {
        unit: { $ref: "#/$defs/unit" },
        kind: { const: "now" },
        note: { type: ["string", "null"] },
        where: { oneOf: [{ type: "string" }, { type: "object", properties: { lat: { type: "number" } } }] },
        empty: { type: "object", properties: {}, required: [] },
      },
      required: ["unit"],
      additionalProperties: false,
    };
    const { body, losses } = encode({ tools: [named("weather", wild)] }, { jsonSchema: false });
    expect(body.tools[0]?.functionDeclarations[0]?.parameters).toEqual({
      type: "OBJECT",
      properties: {
        unit: { type: "STRING", enum: ["C", "F"] },
        kind: { type: "STRING", enum: ["now"] },
        note: { type: "STRING", nullable: true },
        where: { anyOf: [{ type: "STRING" }, { type: "OBJECT", properties: { lat: { type: "NUMBER" } } }] },
        empty: { type: "OBJECT", properties: {}, required: [] },
      },
      required: ["unit"],
    });
    expect(losses).toEqual([{ path: "tools[0].function.parameters", kind: LossKind.APPROXIMATED }]);
    const endless = { type: "object", properties: { next: { $ref: "#" } } };
    const error = failure(() => encode({ tools: [named("list", endless)] }, { jsonSchema: false }));
    expect(error.facts.field).toBe("tools[0].function.parameters");
  });

  it("trap 80: without parameters have none, and without arguments an empty object", () => {
    expect(encode({ tools: [named("now")] }).body.tools).toEqual([{ functionDeclarations: [{ name: "now" }] }]);
    expect(encode({ tools: [look] }, { jsonSchema: false }).body.tools).toEqual([
      { functionDeclarations: [{ name: "look" }] },
    ]);
    const { body } = encode({ messages: [assistant(call("1", ""))] });
    expect(body.contents[0]?.parts[0]?.functionCall).toEqual({ id: "1", name: "look", args: {} });
  });

  it("trap 87: every choice has its word, and strict tools are held to their schemas", () => {
    const choose = (choice: object, tools: ToolInit[] = [look]) =>
      encode({ tools, toolChoice: choice as never }).body.toolConfig?.functionCallingConfig;
    expect(choose({ mode: ToolChoiceMode.AUTO })).toEqual({ mode: "AUTO" });
    expect(choose({ mode: ToolChoiceMode.NONE })).toEqual({ mode: "NONE" });
    expect(choose({ mode: ToolChoiceMode.REQUIRED })).toEqual({ mode: "ANY" });
    expect(choose({ mode: ToolChoiceMode.TOOL, name: "look" })).toEqual({
      mode: "ANY",
      allowedFunctionNames: ["look"],
    });
    const allowed = { mode: ToolChoiceMode.AUTO, allowed: ["look"] };
    expect(choose(allowed)).toEqual({ mode: "VALIDATED", allowedFunctionNames: ["look"] });
    const strict = named("look", schema, { strict: true });
    expect(choose({ mode: ToolChoiceMode.AUTO }, [strict])).toEqual({ mode: "VALIDATED" });
    expect(encode({ tools: [strict] }).body.toolConfig).toEqual({ functionCallingConfig: { mode: "VALIDATED" } });
    expect(encode({ tools: [look] }).body.toolConfig).toBeUndefined();
    expect(encode({ toolChoice: { mode: ToolChoiceMode.NONE } }).body.toolConfig).toBeUndefined();
    expect(failure(() => encode({ toolChoice: { mode: ToolChoiceMode.REQUIRED } })).facts.field).toBe("tool_choice");
  });

  it("trap 86: that may not be called side by side cannot be asked for", () => {
    expect(paths(encode({ tools: [look], parallelToolCalls: false }).losses)).toEqual(["parallel_tool_calls"]);
    const strict = failure(() => encode({ tools: [look], parallelToolCalls: false }, {}, true));
    expect(strict).toMatchObject({ code: "unsupported", facts: { field: "parallel_tool_calls" } });
  });
});

describe("settings", () => {
  it("trap 86: have their names here, zeros included", () => {
    const { body, losses } = encode({
      maxOutputTokens: 5,
      temperature: 0,
      topP: 0,
      topK: 1,
      n: 2,
      seed: 0n,
      presencePenalty: 0,
      frequencyPenalty: 1,
      stop: ["a", "b", "c", "d", "e", "f"],
      logprobs: true,
      topLogprobs: 3,
      serviceTier: "default",
    });
    expect(body.generationConfig).toEqual({
      maxOutputTokens: 5,
      temperature: 0,
      topP: 0,
      topK: 1,
      candidateCount: 2,
      seed: 0,
      presencePenalty: 0,
      frequencyPenalty: 1,
      stopSequences: ["a", "b", "c", "d", "e"],
      responseLogprobs: true,
      logprobs: 3,
    });
    expect(body.serviceTier).toBe("standard");
    expect(losses).toEqual([{ path: "stop[5]", kind: LossKind.DROPPED }]);
  });

  it("trap 86: a form of the answer is asked for by its media type and schema", () => {
    const jsonSchema = {
      case: "jsonSchema",
      value: { schema: { ...schema, minProperties: 1 }, strict: true },
    } as const;
    const newer = encode({ responseFormat: { kind: jsonSchema } });
    expect(newer.body.generationConfig).toEqual({
      responseMimeType: "application/json",
      responseJsonSchema: { ...schema, minProperties: 1 },
    });
    expect(newer.losses).toEqual([{ path: "response_format.json_schema.schema", kind: LossKind.APPROXIMATED }]);
    const older = encode({ responseFormat: { kind: jsonSchema } }, { jsonSchema: false });
    expect(older.body.generationConfig.responseSchema).toEqual({
      type: "OBJECT",
      properties: { city: { type: "STRING" } },
      required: ["city"],
      minProperties: 1,
    });
    const any = encode({ responseFormat: { kind: { case: "jsonObject", value: {} } } });
    expect(any.body.generationConfig).toEqual({ responseMimeType: "application/json" });
    expect(encode({ responseFormat: { kind: { case: "text", value: {} } } }).body.generationConfig).toBeUndefined();
  });

  it("trap 86: a form of the answer beside tools is asked for in words where the model takes no other", () => {
    const responseFormat = { kind: { case: "jsonSchema", value: { schema } } } as const;
    const init = { messages: [system(text("Be brief.")), user(text("hi"))], tools: [look], responseFormat };
    const { body, losses } = encode(init, { toolsWithFormat: false });
    expect(body.generationConfig).toBeUndefined();
    expect(body.systemInstruction).toEqual({
      parts: [{ text: "Be brief." }, { text: expect.stringContaining(JSON.stringify(schema)) as string }],
    });
    expect(losses).toEqual([{ path: "response_format", kind: LossKind.APPROXIMATED }]);
    expect(encode(init).body.generationConfig).toMatchObject({ responseMimeType: "application/json" });
    expect(encode({ ...init, tools: [] }, { toolsWithFormat: false }).losses).toEqual([]);
  });

  it("trap 85: reasoning is a budget for some models and a level for others", () => {
    const think = (reasoning: object, traits: object) => {
      const { body, losses } = encode({ reasoning }, traits);
      return [body.generationConfig?.thinkingConfig, paths(losses)];
    };
    const budget = { reasoning: "budget", efforts: ["none", "low"] };
    const always = { reasoning: "budget", efforts: ["low"] };
    const pro = { reasoning: "adaptive", efforts: ["low", "high"] };
    const { NONE, LOW, MEDIUM, XHIGH } = ReasoningEffort;
    expect(think({ effort: MEDIUM }, budget)).toEqual([{ thinkingBudget: 8192 }, ["reasoning.effort"]]);
    expect(think({ effort: NONE }, budget)).toEqual([{ thinkingBudget: 0 }, []]);
    expect(think({ effort: NONE }, always)).toEqual([{ thinkingBudget: 128 }, ["reasoning.effort"]]);
    expect(think({ budgetTokens: 77, visible: true }, budget)).toEqual([
      { includeThoughts: true, thinkingBudget: 77 },
      [],
    ]);
    expect(think({ adaptive: true }, budget)).toEqual([{ thinkingBudget: -1 }, []]);
    expect(think({ effort: LOW }, pro)).toEqual([{ thinkingLevel: "low" }, []]);
    expect(think({ effort: MEDIUM }, pro)).toEqual([{ thinkingLevel: "high" }, ["reasoning.effort"]]);
    expect(think({ effort: XHIGH }, pro)).toEqual([{ thinkingLevel: "high" }, ["reasoning.effort"]]);
    expect(think({ effort: NONE }, pro)).toEqual([{ thinkingLevel: "low" }, ["reasoning.effort"]]);
    expect(think({ effort: LOW, budgetTokens: 9 }, {})).toEqual([
      { thinkingLevel: "low" },
      ["reasoning.budget_tokens"],
    ]);
    expect(think({ effort: LOW }, { reasoning: "none" })).toEqual([undefined, ["reasoning"]]);
    expect(think({ effort: NONE }, { reasoning: "none" })).toEqual([undefined, []]);
  });

  it("that the wire does not have are told", () => {
    const { losses } = encode({
      logitBias: { "1": 1 },
      endUser: "u",
      metadata: { a: "b" },
      seed: 5_000_000_000n,
      serviceTier: "batch",
      extensions: { "openai-chat": { verbosity: "low" } },
    });
    expect(paths(losses)).toEqual([
      "extensions.openai-chat.verbosity",
      "seed",
      "service_tier",
      "logit_bias",
      "end_user",
      "metadata",
    ]);
  });
});
