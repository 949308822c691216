import { describe, expect, it } from "vitest";
import { CompletionSchema, create, FinishReason, type MessageInitShape, Role } from "../../sdk/index.js";
import { refuseNothing } from "./refuse-nothing.js";

const choice = (text: string | undefined, reason: FinishReason | undefined) => ({
  message: {
    role: Role.ASSISTANT,
    parts: text === undefined ? [] : [{ kind: { case: "text" as const, value: { text } } }],
  },
  ...(reason !== undefined && { finish: { reason } }),
});
const refuse = (choices: MessageInitShape<typeof CompletionSchema>["choices"] & {}) =>
  refuseNothing(create(CompletionSchema, { choices }));

describe("a whole answer", () => {
  it.each([
    ["that says something and does not tell how it ended", choice("Hi", undefined)],
    ["that says nothing and has ended", choice(undefined, FinishReason.STOP)],
  ])("%s is one", (_what, one) => {
    expect(refuse([one]).choices).toHaveLength(1);
  });

  it.each([
    ["without a choice", []],
    ["that neither says anything nor has ended", [choice(undefined, undefined)]],
    ["that says nothing, and whose end is not known", [choice(undefined, FinishReason.UNSPECIFIED)]],
  ])("%s is none", (_what, choices) => {
    expect(() => refuse(choices)).toThrow(expect.objectContaining({ code: "malformed_answer" }));
  });
});
