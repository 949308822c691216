import { describe, expect, test } from "vitest";
import { responseOf, sseOf } from "../../../test/support/responses-streams.js";
import {
  ChoiceSchema,
  CompletionSchema,
  create,
  FinishReason,
  type JsonObject,
  Losses,
  Role,
  skim,
} from "../../sdk/index.js";
import { openaiResponses } from "./index.js";

const splice = (text: string): string => {
  const body = Buffer.from(text);
  return openaiResponses.spliceRequest(body, skim(body), { model: "gpt-x", stream: true }).toString();
};

describe("a request that passes", () => {
  test("trap 134: only the model's bytes change", () => {
    const body = '{ "input" : "h\\u00e9", "model":"asked","temperature":1.0,"x":{"b":1,"a":12345678901234567890}}';
    expect(splice(body)).toBe(body.replace('"asked"', '"gpt-x"'));
    const same = Buffer.from('{"model":"gpt-x","input":"x"}');
    expect(openaiResponses.spliceRequest(same, skim(same), { model: "gpt-x", stream: true })).toBe(same);
  });

  test("the gateway's own member goes nowhere", () => {
    expect(splice('{"model":"asked","parlance":{"strict":true},"input":"x"}')).toBe('{"model":"gpt-x","input":"x"}');
  });

  test("trap 143: items that the gateway has sealed for another provider are left out, and no others", () => {
    const completion = create(CompletionSchema, {
      choices: [
        create(ChoiceSchema, {
          message: {
            role: Role.ASSISTANT,
            parts: [
              { kind: { case: "reasoning", value: { text: "Hm.", signature: "s", dialect: "anthropic-messages" } } },
            ],
          },
        }),
      ],
    });
    const context = { requestId: "r", model: "m", created: 1, includeUsage: false, legacyFunctions: false };
    const { output } = JSON.parse(openaiResponses.encodeResponse(completion, context)) as { output: JsonObject[] };
    const own = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAA" };
    const says = { role: "user", content: 'He wrote "parlance.x".' };
    const body = JSON.stringify({ model: "asked", input: [...output, own, says] });
    expect(JSON.parse(splice(body))).toEqual({ model: "gpt-x", input: [own, says] });
    const untouched = JSON.stringify({ model: "gpt-x", input: [own, says] });
    expect(splice(untouched)).toBe(untouched);
  });

  test("usage is told in every stream", () => {
    const body = Buffer.from('{"model":"m","input":"x"}');
    expect(openaiResponses.asksForUsage(body, skim(body))).toBe(true);
  });
});

const created: JsonObject = { type: "response.created", response: responseOf({ status: "in_progress", usage: null }) };
const delta = (words: string): JsonObject => ({
  type: "response.output_text.delta",
  output_index: 0,
  content_index: 0,
  item_id: "m",
  delta: words,
});
const message: JsonObject = { type: "message", role: "assistant", content: [], id: "m" };
const bytesOf = (...events: JsonObject[]): Buffer => Buffer.from(sseOf(...events));

describe("a stream that passes", () => {
  test("its bytes are the same buffer; content, finish and usage are read", () => {
    const passage = openaiResponses.passage(true);
    const opening = bytesOf(created, { type: "response.output_item.added", output_index: 0, item: message });
    expect(passage.push(opening)).toBe(opening);
    expect(passage.content).toBe(false);
    const first = bytesOf(delta("Hi"));
    expect(passage.push(first)).toBe(first);
    expect(passage).toMatchObject({ content: true, finished: false, finish: undefined });
    // Words that look like events are no events within a text.
    passage.push(bytesOf(delta('"response.completed" and "error"')));
    passage.push(bytesOf(delta("response.completed"), delta("error")));
    expect(passage).toMatchObject({ finished: false, error: undefined });
    const call = { type: "function_call", call_id: "c", name: "n", arguments: "{}" };
    passage.push(bytesOf({ type: "response.completed", response: responseOf({ output: [message, call] }) }));
    expect(passage).toMatchObject({
      finished: true,
      finish: { reason: FinishReason.TOOL_CALLS },
      usage: { inputTokens: 5, outputTokens: 3 },
    });
  });

  test("a call is content as soon as it begins", () => {
    const passage = openaiResponses.passage(false);
    const call = { type: "function_call", call_id: "c", name: "n", arguments: "" };
    passage.push(bytesOf(created, { type: "response.output_item.added", output_index: 0, item: call }));
    expect(passage.content).toBe(true);
  });

  test.each<[string, JsonObject]>([
    [
      "response.failed",
      {
        type: "response.failed",
        response: responseOf({ status: "failed", error: { code: "server_error", message: "No." } }),
      },
    ],
    ["an error event", { type: "error", code: "server_error", message: "No.", param: null }],
  ])("%s ends it before the client sees it, early and late", (_, event) => {
    const early = openaiResponses.passage(false);
    const before = sseOf(created);
    expect(early.push(Buffer.from(before + sseOf(event))).toString()).toBe(before);
    expect(early.error).toMatchObject({ code: "provider_error", message: "No." });
    const late = openaiResponses.passage(false);
    late.push(bytesOf(created, delta("Hi")));
    const words = sseOf(delta("there"));
    expect(late.push(Buffer.from(words + sseOf(event))).toString()).toBe(words);
    expect(late.error?.message).toBe("No.");
  });
});

describe("an answer that passes", () => {
  test("usage and finish are read past their look-alikes", () => {
    const text = '{"usage":{"input_tokens":99},"status":"incomplete","type":"function_call"}';
    const content = [{ type: "output_text", text, annotations: [] }];
    const body = Buffer.from(JSON.stringify(responseOf({ output: [{ ...message, content }] })));
    expect(openaiResponses.glean(body)).toMatchObject({
      usage: { inputTokens: 5, outputTokens: 3 },
      finish: { reason: FinishReason.STOP },
    });
    expect(openaiResponses.glean(Buffer.from("no JSON"))).toEqual({ usage: undefined, finish: undefined });
  });
});

describe("trap 145: tokens are counted without an answer", () => {
  test("the question holds what counts, and nothing of how to answer", () => {
    const body = {
      model: "m",
      instructions: "Be brief.",
      input: [{ role: "user", content: "x" }],
      tools: [{ type: "function", name: "look" }],
      text: { format: { type: "json_object" }, verbosity: "low" },
      temperature: 1,
      store: false,
      stream: true,
      previous_response_id: "resp_0",
    };
    const request = openaiResponses.decodeRequest(JSON.stringify(body));
    const target = { model: "gpt-x", stream: false, traits: {}, losses: new Losses() };
    const { temperature: _, store: __, stream: ___, ...counted } = body;
    expect(JSON.parse(openaiResponses.tokenCount?.encodeRequest(request, target) ?? "")).toEqual({
      ...counted,
      model: "gpt-x",
    });
  });

  test("the answer is a number, or none", () => {
    expect(openaiResponses.tokenCount?.decodeResponse('{"object":"response.input_tokens","input_tokens":7}')).toBe(7);
    expect(openaiResponses.tokenCount?.encodeResponse(7)).toBe('{"object":"response.input_tokens","input_tokens":7}');
    expect(() => openaiResponses.tokenCount?.decodeResponse("{}")).toThrow("no count");
    expect(() => openaiResponses.tokenCount?.decodeResponse("x")).toThrow("no count");
  });
});

test("trap 152: errors are those of the vendor's other dialect", () => {
  const body = Buffer.from(
    '{"error":{"message":"Too long.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}',
  );
  const error = openaiResponses.decodeError(400, {}, body);
  expect(error).toMatchObject({
    code: "context_length_exceeded",
    facts: { field: "input", answer: { dialect: "openai-responses" } },
  });
  expect(openaiResponses.encodeError(error, "r")).toMatchObject({
    error: { message: "Too long.", code: "context_length_exceeded", param: "input" },
  });
});
