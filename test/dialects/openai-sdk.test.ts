import fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { openaiChat } from "../../src/dialects/openai-chat/index.js";
import { type AnswerContext, type Chunk, FinishReason, ParlanceError } from "../../src/sdk/index.js";
import { anyStream, brokenStream, callId, wordsOf } from "../support/any-stream.js";

const context: AnswerContext = {
  requestId: "abc",
  model: "asked",
  created: 1,
  includeUsage: true,
  legacyFunctions: false,
};
const WORDS: Partial<Record<FinishReason, string>> = {
  [FinishReason.STOP]: "stop",
  [FinishReason.LENGTH]: "length",
  [FinishReason.CONTENT_FILTER]: "content_filter",
};

describe("any stream of the vocabulary", () => {
  it("is what OpenAI's SDK reads from the stream that the encoder writes", async () => {
    await fc.assert(
      fc.asyncProperty(anyStream(["text", "reasoning", "refusal"], 3), async (told) => {
        const { answer, reasoning } = await readBySdk(told.events);
        expect(answer).toMatchObject({ id: "answer-1", model: "model-1" });
        expect(answer.usage).toEqual({
          prompt_tokens: told.input,
          completion_tokens: told.output,
          total_tokens: told.input + told.output,
          prompt_tokens_details: { cached_tokens: told.cached },
          completion_tokens_details: { reasoning_tokens: told.reasoned },
        });
        const read = [...answer.choices].sort((a, b) => a.index - b.index);
        expect(read.map(({ index }) => index)).toEqual(told.choices.map((_, index) => index));
        told.choices.forEach(({ parts, reason }, choice) => {
          const message = read[choice]?.message;
          expect(message?.content ?? "").toBe(wordsOf(parts, "text"));
          expect(message?.refusal ?? "").toBe(wordsOf(parts, "refusal"));
          expect(reasoning[choice] ?? "").toBe(wordsOf(parts, "reasoning"));
          expect(read[choice]?.finish_reason).toBe(WORDS[reason]);
          expect(message?.tool_calls ?? []).toEqual(
            parts
              .flatMap((part, index) =>
                part.kind === "call"
                  ? [{ id: callId(choice, index), type: "function", name: part.name, input: part.input }]
                  : [],
              )
              .map(({ id, type, name, input }) =>
                expect.objectContaining({
                  id,
                  type,
                  function: expect.objectContaining({ name, arguments: JSON.stringify(input) }) as unknown,
                }),
              ),
          );
        });
      }),
    );
  });

  it("is refused where it breaks the order, and nothing of it is written", () => {
    fc.assert(
      fc.property(brokenStream, ({ events, at }) => {
        const encoder = openaiChat.streamEncoder(context);
        for (const event of events.slice(0, at)) encoder.encode(event);
        expect(() => encoder.encode(events[at] as Chunk)).toThrow(ParlanceError);
      }),
    );
  });
});

async function readBySdk(
  list: readonly Chunk[],
): Promise<{ answer: OpenAI.ChatCompletion; reasoning: Record<number, string> }> {
  const encoder = openaiChat.streamEncoder(context);
  const sse = list.map((chunk) => encoder.encode(chunk)).join(encoder.keepAlive());
  const client = new OpenAI({
    apiKey: "none",
    maxRetries: 0,
    fetch: async () => new Response(sse, { headers: { "content-type": "text/event-stream" } }),
  });
  const messages = [{ role: "user" as const, content: "x" }];
  // Its helper throws where a finish says that an answer is not whole: its parser alone is asked, and adds up by index.
  const reasoning: Record<number, string> = {};
  const choices = new Map<number, OpenAI.ChatCompletion.Choice>();
  let answer: Partial<OpenAI.ChatCompletion> = {};
  const stream = await client.chat.completions.create({ model: "m", messages, stream: true });
  for await (const chunk of stream) {
    answer = { ...answer, id: chunk.id, model: chunk.model, ...(chunk.usage && { usage: chunk.usage }) };
    for (const { index, delta, finish_reason: finish } of chunk.choices) add(choices, reasoning, index, delta, finish);
  }
  return { answer: { ...answer, choices: [...choices.values()] } as OpenAI.ChatCompletion, reasoning };
}

function add(
  choices: Map<number, OpenAI.ChatCompletion.Choice>,
  reasoning: Record<number, string>,
  index: number,
  delta: OpenAI.ChatCompletionChunk.Choice.Delta,
  finish: OpenAI.ChatCompletionChunk.Choice["finish_reason"],
): void {
  const found = choices.get(index);
  // The first delta of a choice tells its role, and no other does.
  expect(delta.role).toBe(found === undefined ? "assistant" : undefined);
  const choice =
    found ??
    ({ index, message: { role: "assistant", content: "", refusal: "" } } as unknown as OpenAI.ChatCompletion.Choice);
  choices.set(index, choice);
  expect(choice.finish_reason).toBeUndefined();
  const { message } = choice;
  message.content = (message.content ?? "") + (delta.content ?? "");
  message.refusal = (message.refusal ?? "") + (delta.refusal ?? "");
  const thought = (delta as { reasoning_content?: string }).reasoning_content ?? "";
  reasoning[index] = (reasoning[index] ?? "") + thought;
  for (const piece of delta.tool_calls ?? []) {
    message.tool_calls ??= [];
    const calls = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    if (piece.id !== undefined) {
      expect(piece.index).toBe(calls.length);
      calls.push({ id: piece.id, type: "function", function: { name: piece.function?.name ?? "", arguments: "" } });
    }
    const call = calls[piece.index];
    if (call === undefined) throw new Error(`arguments for call ${piece.index}, which has not begun`);
    call.function.arguments += piece.function?.arguments ?? "";
  }
  if (finish !== null) choice.finish_reason = finish;
}
