import { describe, expect, test } from "vitest";
import { CompletionSchema, create, Role, ToolKind, unfold } from "../sdk/index.js";
import { chatDialects } from "./index.js";

const context = { requestId: "r", model: "m", created: 0, includeUsage: true, legacyFunctions: false };
const completion = create(CompletionSchema, {
  id: "a",
  model: "m",
  choices: [0, 1].map((index) => ({
    index,
    finish: { reason: 1, raw: "stop" },
    message: {
      role: Role.ASSISTANT,
      parts: [
        { kind: { case: "text" as const, value: { text: "So." } } },
        { kind: { case: "opaque" as const, value: { dialect: "x", value: { type: "search" } } } },
        {
          kind: {
            case: "toolCall" as const,
            value: { id: "c", name: "free", arguments: "words", kind: ToolKind.CUSTOM },
          },
        },
      ],
    },
    logprobs: { content: [{ token: "So.", logprob: -1 }] },
  })),
  usage: { inputTokens: 5, outputTokens: 3, inputAudioTokens: 2 },
});

interface Told {
  parlance?: { losses: { path: string; kind: string }[] };
}
const pathsOf = (body: Told): string[] => (body.parlance?.losses ?? []).map(({ path }) => path).sort();

describe.each([
  [
    "anthropic-messages",
    [
      "choices[0].logprobs",
      "choices[0].message.parts[1]",
      "choices[0].message.parts[2]",
      "choices[1]",
      "choices[1].logprobs",
      "usage.input_audio_tokens",
    ],
  ],
  [
    "gemini",
    [
      "choices[0].message.parts[1]",
      "choices[0].message.parts[2]",
      "choices[1].message.parts[1]",
      "choices[1].message.parts[2]",
    ],
  ],
])("what an answer in %s has no place for", (name, expected) => {
  const dialect = chatDialects.get(name);
  if (dialect === undefined) throw new Error(`no dialect ${name}`);

  test("is told in a whole answer", () => {
    expect(pathsOf(JSON.parse(dialect.encodeResponse(completion, context)) as Told)).toEqual(expected);
  });

  test("is told at the end of a stream", () => {
    const encoder = dialect.streamEncoder(context);
    const wire = unfold(completion).map((chunk) => encoder.encode(chunk));
    const told = wire
      .join("")
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice(6)) as Told)
      .find(({ parlance }) => parlance !== undefined);
    expect(pathsOf(told ?? {})).toEqual(expected);
  });
});
