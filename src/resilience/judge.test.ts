import { describe, expect, it } from "vitest";
import type { Verdict } from "../core/target.js";
import { ChatRequestSchema, CompletionSchema, create, FinishReason, type JsonObject } from "../sdk/index.js";
import { judge } from "./judge.js";

const ALL: Verdict = { finish: new Set([FinishReason.LENGTH]), schema: true, guardrail: true };
const said = (text: string, reason = FinishReason.STOP) =>
  create(CompletionSchema, {
    choices: [{ message: { parts: [{ kind: { case: "text", value: { text } } }] }, finish: { reason } }],
  });
const asked = (schema?: JsonObject) =>
  create(ChatRequestSchema, schema && { responseFormat: { kind: { case: "jsonSchema", value: { schema } } } });
const NUMBER = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };

describe("a verdict", () => {
  it("is on the finish, a filter and the form, as far as it is asked for them", () => {
    const none: Verdict = { finish: new Set(), schema: false, guardrail: false };
    const filtered = said("a", FinishReason.CONTENT_FILTER);
    expect(judge(ALL, asked(), said("a", FinishReason.LENGTH))).toBe("its finish is length");
    expect(judge(ALL, asked(), filtered)).toBe("the provider's filter declined");
    expect(judge(ALL, asked(NUMBER), said("words"))).toBe("its text is not JSON");
    for (const answer of [said("a", FinishReason.LENGTH), filtered, said("{}")]) {
      expect(judge(none, asked(NUMBER), answer)).toBeUndefined();
    }
  });

  it("looks at every choice", () => {
    const [first] = said('{"a":1}').choices;
    const [second] = said('{"a":"x"}').choices;
    const both = create(CompletionSchema, { choices: [first ?? {}, second ?? {}] });
    expect(judge(ALL, asked(NUMBER), both)).toBe("its text does not obey the schema: /a must be number");
  });

  it("knows the schemas of all drafts, by name or not, and looks at no formats", () => {
    for (const $schema of ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]) {
      const schema = { ...NUMBER, $schema, $id: "https://example.com/same", properties: { a: { format: "email" } } };
      expect(judge(ALL, asked(schema), said('{"a":"no address"}'))).toBeUndefined();
      expect(judge(ALL, asked({ ...schema, required: ["b"] }), said('{"a":1}'))).toContain("must have");
    }
  });

  it("does not blame an answer for a schema that is none", () => {
    expect(judge(ALL, asked({ type: "nonsense" }), said("{}"))).toBeUndefined();
    expect(judge(ALL, asked({ $ref: "#/nowhere" }), said("{}"))).toBeUndefined();
  });

  it("runs no pattern of the caller's", () => {
    const schema = { ...NUMBER, properties: { a: { type: "string", pattern: "^(a+)+$" } } };
    expect(judge(ALL, asked(schema), said(`{"a":"${"a".repeat(50)}!"}`))).toBeUndefined();
    const names = { type: "object", patternProperties: { "^(a+)+$": {} }, additionalProperties: false };
    expect(judge(ALL, asked(names), said(`{"${"a".repeat(50)}!":1}`))).toBeUndefined();
  });

  it("forgets schemas that are many", () => {
    for (let n = 0; n < 500; n += 1) {
      const schema = { type: "object", required: [`member${n}`] };
      expect(judge(ALL, asked(schema), said("{}"))).toContain(`member${n}`);
    }
  });

  it("asks for a JSON object where any was asked for", () => {
    const request = create(ChatRequestSchema, { responseFormat: { kind: { case: "jsonObject", value: {} } } });
    expect(judge(ALL, request, said("[]"))).toBe("its text is not a JSON object");
    expect(judge(ALL, request, said("{}"))).toBeUndefined();
  });
});
