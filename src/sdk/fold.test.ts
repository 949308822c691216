import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunks } from "./chunks.js";
import {
  CompletionSchema,
  create,
  FinishReason,
  fold,
  type MessageInitShape,
  ParlanceError,
  type PartSchema,
  Role,
  ToolKind,
  unfold,
} from "./index.js";

type PartInit = MessageInitShape<typeof PartSchema>;

const optional = <T>(arbitrary: fc.Arbitrary<T>, name: string) =>
  fc.option(arbitrary, { nil: undefined }).map((value) => (value === undefined ? {} : { [name]: value }));
const extensions = fc
  .option(
    fc.dictionary(
      fc.constantFrom("openai-chat", "anthropic-messages"),
      fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
    ),
    { nil: undefined },
  )
  .map((value) => (value === undefined ? {} : { extensions: value }));
const bytes = fc.uint8Array({ maxLength: 8 });

const kind: fc.Arbitrary<NonNullable<PartInit["kind"]>> = fc.oneof(
  fc
    .record({
      text: fc.string(),
      citations: fc.array(fc.record({ url: fc.string(), title: fc.string() }), { maxLength: 2 }),
    })
    .map((value) => ({ case: "text" as const, value })),
  fc
    .tuple(fc.string(), optional(fc.string(), "signature"), optional(fc.string(), "encryptedContent"))
    .map(([text, ...rest]) => ({
      case: "reasoning" as const,
      value: Object.assign({ text }, ...rest) as { text: string },
    })),
  fc.string().map((text) => ({ case: "refusal" as const, value: { text } })),
  fc
    .record({
      id: fc.string(),
      name: fc.string(),
      arguments: fc.string(),
      kind: fc.constantFrom(ToolKind.FUNCTION, ToolKind.CUSTOM),
    })
    .map((value) => ({ case: "toolCall" as const, value })),
  fc.tuple(bytes, fc.string()).map(([value, transcript]) => ({
    case: "audio" as const,
    value: { source: { case: "data" as const, value }, transcript },
  })),
  fc.string().map((value) => ({ case: "image" as const, value: { source: { case: "url" as const, value } } })),
  fc
    .dictionary(fc.string(), fc.string())
    .map((value) => ({ case: "opaque" as const, value: { dialect: "other", value } })),
);

const part: fc.Arbitrary<PartInit> = fc.tuple(kind, extensions).map(([value, kept]) => ({ kind: value, ...kept }));
const token = fc.record({ token: fc.string(), logprob: fc.double({ noNaN: true }), bytes });

const choice = fc.tuple(
  fc.array(part, { maxLength: 5 }),
  fc.record({
    reason: fc.constantFrom(FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL_CALLS),
    raw: fc.string(),
  }),
  optional(
    fc.record({ content: fc.array(token, { maxLength: 3 }), refusal: fc.array(token, { maxLength: 2 }) }),
    "logprobs",
  ),
  extensions,
  extensions,
);

const completion = fc
  .tuple(
    fc.string(),
    fc.string(),
    fc.array(choice, { minLength: 1, maxLength: 3 }),
    optional(fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat() }), "usage"),
    optional(fc.string(), "serviceTier"),
    extensions,
  )
  .map(([id, model, choices, ...rest]) =>
    create(CompletionSchema, {
      id,
      model,
      choices: choices.map(([parts, finish, logprobs, own, messages], index) => ({
        index,
        message: { role: Role.ASSISTANT, parts, ...messages },
        finish,
        ...logprobs,
        ...own,
      })),
      ...Object.assign({}, ...rest),
    }),
  );

describe("fold and unfold", () => {
  test("law 1: folding what was unfolded gives back the same answer", () => {
    fc.assert(
      fc.property(completion, (value) => {
        expect(fold(unfold(value))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test("a member of extensions that is named __proto__ is kept", () => {
    const extensions = { "openai-chat": JSON.parse('{"__proto__":"kept"}') as object } as never;
    const chunk = chunks.partStart(0, 0, { kind: { case: "refusal", value: { text: "" } }, extensions });
    expect(JSON.stringify(fold([chunk]).choices[0]?.message?.parts[0]?.extensions)).toContain("kept");
  });

  test("reasoning may get its seal after its text", () => {
    const parts = fold([
      chunks.partStart(0, 0, { kind: { case: "reasoning", value: { text: "", dialect: "openai-responses" } } }),
      chunks.reasoningDelta(0, 0, "Hm."),
      chunks.reasoningSeal(0, 0, "sealed"),
    ]).choices[0]?.message?.parts;
    expect(parts?.[0]?.kind.value).toMatchObject({ text: "Hm.", encryptedContent: "sealed" });
  });

  test("a folded answer shares nothing with the events that it was made of", () => {
    fc.assert(
      fc.property(completion, (value) => {
        const events = unfold(value);
        fold(events);
        expect(fold(events)).toEqual(value);
      }),
    );
  });

  test("a delta for a part that never began is the provider's fault", () => {
    const [start] = unfold(create(CompletionSchema, { id: "a" }));
    const stray = {
      $typeName: "parlance.v1.Chunk" as const,
      event: {
        case: "textDelta" as const,
        value: { $typeName: "parlance.v1.TextDelta" as const, choice: 0, part: 0, text: "a" },
      },
    };
    expect(() => fold([start as never, stray])).toThrow(ParlanceError);
  });
});
