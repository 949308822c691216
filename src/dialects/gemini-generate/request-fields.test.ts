import { describe, expect, it } from "vitest";
import { assistant, call, failure, look, paths, system, text, user } from "../../../test/support/anthropic-requests.js";
import { encode } from "../../../test/support/gemini-requests.js";
import {
  type JsonObject,
  LossKind,
  type MessageInitShape,
  ReasoningEffort,
  ToolChoiceMode,
  type ToolSchema,
} from "../../sdk/index.js";

const named = (name: string, parameters?: JsonObject, more: object = {}) =>
  ({ kind: { case: "function", value: { name, ...(parameters && { parameters }), ...more } } }) as const;
type ToolInit = MessageInitShape<typeof ToolSchema>;
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

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
