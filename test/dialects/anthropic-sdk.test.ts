import Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/index.js";
import { type Chunk, chunks, create, FinishReason, ParlanceError, UsageSchema } from "../../src/sdk/index.js";
import { context } from "../support/anthropic-streams.js";
import { brokenStream } from "../support/any-stream.js";

/** A part of an answer, and the pieces in which it comes. */
type Part =
  | { readonly kind: "text" | "thinking"; readonly pieces: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly input: object; readonly cut: readonly number[] };

const words = fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1, maxLength: 4 });
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ kind: fc.constant("text" as const), pieces: words }),
  fc.record({ kind: fc.constant("thinking" as const), pieces: words }),
  fc.record({
    kind: fc.constant("call" as const),
    name: fc.stringMatching(/^[a-z_]{1,12}$/),
    input: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    cut: fc.array(fc.nat(40), { maxLength: 3 }),
  }),
);
const usage = fc
  .tuple(fc.nat(9999), fc.nat(9999), fc.nat(9999), fc.nat(9999))
  .map(([fresh, read, write, output]) => ({ fresh, read, write, output }));
const FINISHES = [
  [FinishReason.STOP, "end_turn"],
  [FinishReason.LENGTH, "max_tokens"],
  [FinishReason.CONTENT_FILTER, "refusal"],
] as const;

describe("any answer of the vocabulary", () => {
  it("is what Anthropic's SDK reads from the stream that the encoder writes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 5 }),
        usage,
        fc.constantFrom(...FINISHES),
        fc.infiniteStream(fc.nat(100)),
        async (parts, counts, [reason, word], random) => {
          const message = await readBySdk(streamOf(parts, counts, reason, random));
          const calls = parts.some(({ kind }) => kind === "call");
          expect(message.stop_reason).toBe(calls && reason === FinishReason.STOP ? "tool_use" : word);
          expect(message.usage).toMatchObject({
            input_tokens: counts.fresh,
            cache_read_input_tokens: counts.read,
            cache_creation_input_tokens: counts.write,
            output_tokens: counts.output,
          });
          expect(message.content).toEqual(parts.map(blockOf));
        },
      ),
    );
  });

  it("is refused where it breaks the order, and nothing of it is written", () => {
    fc.assert(
      fc.property(brokenStream, ({ events, at }) => {
        const encoder = anthropicMessages.streamEncoder(context);
        for (const event of events.slice(0, at)) encoder.encode(event);
        expect(() => encoder.encode(events[at] as Chunk)).toThrow(ParlanceError);
      }),
    );
  });
});

function blockOf(value: Part, index: number): object {
  if (value.kind === "call") {
    return { type: "tool_use", id: `call_${index}`, name: value.name, input: { ...value.input } };
  }
  const words = value.pieces.join("");
  return value.kind === "text" ? { type: "text", text: words } : { type: "thinking", thinking: words, signature: "" };
}

/** Parts one after the other, but for calls that follow one another: these come side by side, as some providers tell them. */
function streamOf(
  parts: readonly Part[],
  { fresh, read, write, output }: { fresh: number; read: number; write: number; output: number },
  reason: FinishReason,
  random: Iterator<number>,
): Chunk[] {
  const out: Chunk[] = [chunks.completionStart({ id: "msg_1", model: "m" })];
  let calls: Chunk[][] = [];
  const endCalls = (): void => {
    // They begin in their order, and then speak as it comes.
    out.push(...calls.flatMap((events) => events.splice(0, 1)));
    while (calls.length > 0) {
      const call = calls[(random.next().value as number) % calls.length] as Chunk[];
      out.push(call.shift() as Chunk);
      calls = calls.filter((events) => events.length > 0);
    }
  };
  parts.forEach((value, index) => {
    if (value.kind === "call") {
      calls.push(eventsOf(value, index));
      return;
    }
    endCalls();
    out.push(...eventsOf(value, index));
  });
  endCalls();
  out.push(chunks.finish(0, { reason, raw: "" }));
  const inputTokens = fresh + read + write;
  out.push(
    chunks.usage(
      create(UsageSchema, { inputTokens, cacheReadTokens: read, cacheWriteTokens: write, outputTokens: output }),
    ),
  );
  out.push(chunks.completionEnd());
  return out;
}

function eventsOf(value: Part, index: number): Chunk[] {
  const end = chunks.partEnd(0, index);
  if (value.kind === "call") {
    const text = JSON.stringify(value.input);
    const cuts = [0, ...value.cut.filter((at) => at < text.length).sort((a, b) => a - b), text.length];
    const call = { id: `call_${index}`, name: value.name, arguments: "" };
    return [
      chunks.partStart(0, index, { kind: { case: "toolCall", value: call } }),
      ...cuts.slice(1).map((to, i) => chunks.toolCallDelta(0, index, text.slice(cuts[i], to))),
      end,
    ];
  }
  if (value.kind === "text") {
    const begin = chunks.partStart(0, index, { kind: { case: "text", value: { text: "" } } });
    return [begin, ...value.pieces.map((piece) => chunks.textDelta(0, index, piece)), end];
  }
  const begin = chunks.partStart(0, index, { kind: { case: "reasoning", value: { text: "" } } });
  return [begin, ...value.pieces.map((piece) => chunks.reasoningDelta(0, index, piece)), end];
}

async function readBySdk(list: readonly Chunk[]): Promise<Anthropic.Message> {
  const encoder = anthropicMessages.streamEncoder(context);
  const sse = list.map((chunk) => encoder.encode(chunk)).join(encoder.keepAlive());
  const client = new Anthropic({
    apiKey: "none",
    maxRetries: 0,
    fetch: async () => new Response(sse, { headers: { "content-type": "text/event-stream" } }),
  });
  const ask = { model: "m", max_tokens: 1, messages: [{ role: "user" as const, content: "x" }] };
  return client.messages.stream(ask).finalMessage();
}
