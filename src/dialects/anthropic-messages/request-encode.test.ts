import { describe, expect, it } from "vitest";
import { encode, failure, look, paths, system, text, user } from "../../../test/support/anthropic-requests.js";
import {
  ChatRequestSchema,
  create,
  type JsonObject,
  Losses,
  ReasoningEffort,
  ToolChoiceMode,
} from "../../sdk/index.js";
import { anthropicMessages } from "./index.js";

describe("tools", () => {
  it("trap 11: every choice has its word, and allowed tools are the only ones sent", () => {
    const choose = (choice: object) => encode({ tools: [look], toolChoice: choice as never }).body.tool_choice;
    expect(choose({ mode: ToolChoiceMode.AUTO })).toEqual({ type: "auto" });
    expect(choose({ mode: ToolChoiceMode.REQUIRED })).toEqual({ type: "any" });
    expect(choose({ mode: ToolChoiceMode.NONE })).toEqual({ type: "none" });
    expect(choose({ mode: ToolChoiceMode.TOOL, name: "look" })).toEqual({ type: "tool", name: "look" });
    expect(encode({ toolChoice: { mode: ToolChoiceMode.NONE } }).body.tool_choice).toBeUndefined();
    const other = { kind: { case: "function", value: { name: "other" } } } as const;
    const some = encode({ tools: [look, other], toolChoice: { mode: ToolChoiceMode.REQUIRED, allowed: ["other"] } });
    expect(some.body.tools).toMatchObject([{ name: "other" }]);
    expect(some.body.tool_choice).toEqual({ type: "any" });
  });

  it("trap 12: calls one at a time are asked for in the choice, which is made where there is none", () => {
    expect(encode({ tools: [look], parallelToolCalls: false }).body.tool_choice).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
    expect(encode({ tools: [look], parallelToolCalls: true }).body.tool_choice).toBeUndefined();
    expect(encode({ parallelToolCalls: false }).body.tool_choice).toBeUndefined();
    const none = { tools: [look], parallelToolCalls: false, toolChoice: { mode: ToolChoiceMode.NONE } };
    expect(encode(none).body.tool_choice).toEqual({ type: "none" });
  });

  it("trap 13: a forced call together with reasoning is refused, and both are named", () => {
    const error = failure(() =>
      encode({
        tools: [look],
        toolChoice: { mode: ToolChoiceMode.REQUIRED },
        reasoning: { effort: ReasoningEffort.HIGH },
      }),
    );
    expect(error.code).toBe("invalid_request");
    expect(error.message).toContain("reasoning");
    expect(error.message).toContain("tool_choice");
  });

  it("trap 28: a tool without parameters takes an empty object, and an absent description stays absent", () => {
    const bare = { kind: { case: "function", value: { name: "bare", strict: true } } } as const;
    expect(encode({ tools: [bare] }).body.tools).toEqual([
      { name: "bare", input_schema: { type: "object", properties: {} }, strict: true },
    ]);
    const older = encode({ tools: [bare] }, { jsonSchema: false });
    expect(older.body.tools).toEqual([{ name: "bare", input_schema: { type: "object", properties: {} } }]);
    expect(paths(older.losses)).toEqual(["tools[0].function.strict"]);
  });

  it("that the target cannot have are losses", () => {
    const tools = [
      { kind: { case: "custom", value: { name: "free" } } },
      { kind: { case: "opaque", value: { dialect: "openai-chat", value: { type: "web_search" } } } },
    ] as const;
    const { body, losses } = encode({ tools: [...tools] });
    expect(body.tools).toBeUndefined();
    expect(paths(losses)).toEqual(["tools[0]", "tools[1]"]);
  });
});

describe("how the model is to answer", () => {
  it("trap 14: a limit is always sent: the caller's, or the model's own", () => {
    expect(encode({ maxOutputTokens: 5 }).body.max_tokens).toBe(5);
    expect(encode({}, { maxOutputTokens: 64_000 }).body.max_tokens).toBe(64_000);
    expect(encode({}).body.max_tokens).toBe(8192);
  });

  it("trap 14: a budget for reasoning is made to fit the limit", () => {
    const { body, losses } = encode({ maxOutputTokens: 2000, reasoning: { budgetTokens: 9000 } });
    expect(body.thinking).toEqual({ type: "enabled", budget_tokens: 1999 });
    expect(paths(losses)).toEqual(["reasoning.budget_tokens"]);
    const none = encode({ maxOutputTokens: 100, reasoning: { budgetTokens: 9000 } });
    expect(none.body.thinking).toBeUndefined();
    expect(paths(none.losses)).toEqual(["reasoning"]);
  });

  it("trap 15: a temperature above 1 becomes 1, and that is told", () => {
    const { body, losses } = encode({ temperature: 1.5 });
    expect(body.temperature).toBe(1);
    expect(losses).toEqual([{ path: "temperature", kind: 2 }]);
    expect(encode({ temperature: 0 }).body.temperature).toBe(0);
  });

  it("trap 16: what a generation of models refuses is left out and told", () => {
    const asked = { temperature: 0.5, topP: 0.9, topK: 5 };
    expect(paths(encode(asked, { sampling: "fixed" }).losses)).toEqual(["temperature", "top_p", "top_k"]);
    const defaults = encode({ temperature: 1, topP: 0.99 }, { sampling: "fixed" });
    expect(defaults.body).toMatchObject({ temperature: 1, top_p: 0.99 });
    const one = encode(asked, { sampling: "one_of_temperature_top_p" });
    expect(one.body).toMatchObject({ temperature: 0.5, top_k: 5 });
    expect(paths(one.losses)).toEqual(["top_p"]);
    const thinks = encode({ ...asked, reasoning: { effort: ReasoningEffort.LOW } });
    expect(paths(thinks.losses)).toEqual(["temperature", "top_k"]);
    expect(thinks.body).toMatchObject({ top_p: 0.9 });
  });

  it("trap 17: stop sequences go out, those of white space alone are told", () => {
    const { body, losses } = encode({ stop: ["END", " \n"] });
    expect(body.stop_sequences).toEqual(["END"]);
    expect(paths(losses)).toEqual(["stop[1]"]);
  });

  it("trap 18: several choices are unsupported", () => {
    const error = failure(() => encode({ n: 2 }));
    expect([error.code, error.facts.field]).toEqual(["unsupported", "n"]);
    expect(encode({ n: 1 }).losses).toEqual([]);
  });

  it("trap 19: fields that the wire does not have are told and never sent", () => {
    const { body, losses } = encode({
      logprobs: true,
      topLogprobs: 2,
      logitBias: { "1": 1 },
      seed: 7n,
      presencePenalty: 1,
      frequencyPenalty: 1,
      metadata: { a: "b" },
    });
    expect(Object.keys(body).sort()).toEqual(["max_tokens", "messages", "model"]);
    expect(paths(losses).sort()).toEqual(
      ["frequency_penalty", "logit_bias", "logprobs", "metadata", "presence_penalty", "seed", "top_logprobs"].sort(),
    );
  });

  const schema = {
    type: "object",
    properties: { age: { type: "integer", minimum: 1, description: "Years." } },
    required: ["age"],
  };
  const responseFormat = { kind: { case: "jsonSchema", value: { name: "person", schema } } } as const;

  it("trap 20: a schema goes to output_config, without the keywords that its decoder refuses", () => {
    const { body, losses } = encode({ responseFormat });
    expect(body.output_config).toEqual({
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: { age: { type: "integer", description: "Years. (minimum: 1)" } },
          required: ["age"],
          additionalProperties: false,
        },
      },
    });
    expect(losses).toEqual([{ path: "response_format.json_schema.schema", kind: 2 }]);
  });

  it("trap 20: a model that obeys no schema gets a hidden tool, whose call comes back as the answer", () => {
    const { body, losses } = encode({ responseFormat }, { jsonSchema: false });
    const [hidden] = body.tools as JsonObject[];
    expect(hidden).toMatchObject({ input_schema: schema });
    expect(body.tool_choice).toEqual({ type: "tool", name: hidden?.name, disable_parallel_tool_use: true });
    expect(losses).toEqual([]);
    const answer = anthropicMessages.decodeResponse(
      JSON.stringify({
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "m",
        content: [{ type: "tool_use", id: "t", name: hidden?.name, input: { age: 5 } }],
        stop_reason: "tool_use",
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    );
    expect(answer.choices[0]?.message?.parts.map(({ kind }) => kind)).toMatchObject([
      { case: "text", value: { text: '{"age":5}' } },
    ]);
    expect(answer.choices[0]?.finish?.reason).toBe(1);
    const withTools = encode({ responseFormat, tools: [look] }, { jsonSchema: false });
    expect(withTools.body.tool_choice).toEqual({ type: "any", disable_parallel_tool_use: true });
    expect(withTools.body.tools).toHaveLength(2);
  });

  it("trap 21: any JSON object is asked for in words, and that is told", () => {
    const { body, losses } = encode({
      messages: [system(text("Be kind.")), user(text("hi"))],
      responseFormat: { kind: { case: "jsonObject", value: {} } },
    });
    expect(body.system).toMatchObject([{ text: "Be kind." }, { text: expect.stringContaining("JSON") }]);
    expect(losses).toEqual([{ path: "response_format.json_object", kind: 2 }]);
  });

  it("trap 26: the person behind the request is metadata.user_id", () => {
    expect(encode({ endUser: "u-1" }).body.metadata).toEqual({ user_id: "u-1" });
  });

  it("trap 27: effort is adaptive thinking, a budget, or nothing, as the model has it", () => {
    const reasoning = { effort: ReasoningEffort.XHIGH };
    expect(encode({ reasoning }).body).toMatchObject({
      thinking: { type: "adaptive" },
      output_config: { effort: "xhigh" },
    });
    const budget = encode(
      { reasoning: { effort: ReasoningEffort.LOW } },
      { reasoning: "budget", maxOutputTokens: 8000 },
    );
    expect(budget.body.thinking).toEqual({ type: "enabled", budget_tokens: 2048 });
    expect(paths(budget.losses)).toEqual(["reasoning.effort"]);
    const none = encode({ reasoning }, { reasoning: "none" });
    expect(none.body.thinking).toBeUndefined();
    expect(paths(none.losses)).toEqual(["reasoning"]);
    const adaptive = encode({ reasoning: { budgetTokens: 20_000 } }, { reasoning: "adaptive" });
    expect(adaptive.body).toMatchObject({ thinking: { type: "adaptive" }, output_config: { effort: "high" } });
    expect(paths(adaptive.losses)).toEqual(["reasoning.budget_tokens"]);
  });

  it("trap 30: tiers have their words, and one without is told", () => {
    expect(encode({ serviceTier: "auto" }).body.service_tier).toBe("auto");
    expect(encode({ serviceTier: "default" }).body.service_tier).toBe("standard_only");
    expect(paths(encode({ serviceTier: "flex" }).losses)).toEqual(["service_tier"]);
    expect(paths(encode({ serviceTier: "priority" }).losses)).toEqual(["service_tier"]);
  });
});

describe("a request to count tokens", () => {
  it("trap 67: holds what the model reads, and nothing that only an answer needs", () => {
    const request = create(ChatRequestSchema, {
      model: "m",
      messages: [system(text("s")), user(text("hi"))],
      tools: [look],
      temperature: 1.5,
      stop: ["x"],
      endUser: "u",
      maxOutputTokens: 5,
    });
    const losses = new Losses();
    const target = { model: "m", stream: false, traits: {}, losses };
    const body = JSON.parse(anthropicMessages.tokenCount?.encodeRequest(request, target) ?? "") as JsonObject;
    expect(Object.keys(body).sort()).toEqual(["messages", "model", "system", "tools"]);
    expect(losses.list).toEqual([]);
    expect(anthropicMessages.tokenCount?.decodeResponse('{"input_tokens":12}')).toBe(12);
    expect(failure(() => anthropicMessages.tokenCount?.decodeResponse("{}")).code).toBe("malformed_answer");
  });
});
