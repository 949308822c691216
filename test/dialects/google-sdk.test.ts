import { type GenerateContentResponse, GoogleGenAI } from "@google/genai";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gemini } from "../../src/dialects/gemini-generate/index.js";
import { type Chunk, FinishReason, ParlanceError } from "../../src/sdk/index.js";
import { answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { anyStream, type AnyPart, brokenStream, callId, wordsOf } from "../support/any-stream.js";
import { answering } from "../support/gemini-requests.js";

let server: TestUpstream;
let client: GoogleGenAI;

beforeAll(async () => {
  server = await startUpstream();
  client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: server.url, retryOptions: { attempts: 1 } } });
});
afterAll(() => server.close());

const WORDS: Partial<Record<FinishReason, string>> = {
  [FinishReason.STOP]: "STOP",
  [FinishReason.LENGTH]: "MAX_TOKENS",
  [FinishReason.CONTENT_FILTER]: "SAFETY",
};

describe("any stream of the vocabulary", () => {
  it("is what Google's SDK reads from the stream that the encoder writes", async () => {
    await fc.assert(
      fc.asyncProperty(anyStream(["text", "reasoning"], 3), async (told) => {
        const events = await readBySdk(told.events);
        for (const event of events) expect(event).toMatchObject({ modelVersion: "model-1", responseId: "answer-1" });
        expect(events.at(-1)?.usageMetadata).toEqual({
          promptTokenCount: told.input,
          cachedContentTokenCount: told.cached,
          candidatesTokenCount: told.output - told.reasoned,
          thoughtsTokenCount: told.reasoned,
          totalTokenCount: told.input + told.output,
        });
        const candidates = events.flatMap((event) => event.candidates ?? []);
        told.choices.forEach(({ parts, reason }, choice) => {
          const read = candidates.filter(({ index }) => index === choice);
          const said = read.flatMap(({ content }) => content?.parts ?? []);
          const words = (thought: boolean) =>
            said.map((part) => (Boolean(part.thought) === thought ? (part.text ?? "") : "")).join("");
          expect(words(false)).toBe(wordsOf(parts, "text"));
          expect(words(true)).toBe(wordsOf(parts, "reasoning"));
          const calls = said.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]));
          expect(calls.sort((a, b) => numberOf(a.id) - numberOf(b.id))).toEqual(callsOf(parts, choice));
          expect(read.flatMap(({ finishReason }) => finishReason ?? [])).toEqual([WORDS[reason]]);
        });
      }),
    );
  });

  it("is refused where it breaks the order, and nothing of it is written", () => {
    fc.assert(
      fc.property(brokenStream, ({ events, at }) => {
        const encoder = gemini.streamEncoder(answering);
        for (const event of events.slice(0, at)) encoder.encode(event);
        expect(() => encoder.encode(events[at] as Chunk)).toThrow(ParlanceError);
      }),
    );
  });
});

const numberOf = (id = ""): number => Number(id.split("_").at(-1));

function callsOf(parts: readonly AnyPart[], choice: number): object[] {
  return parts.flatMap((part, index) =>
    part.kind === "call" ? [{ id: callId(choice, index), name: part.name, args: part.input }] : [],
  );
}

async function readBySdk(list: readonly Chunk[]): Promise<GenerateContentResponse[]> {
  const encoder = gemini.streamEncoder(answering);
  server.behave(answerSse(list.map((chunk) => encoder.encode(chunk)).join("")));
  const events: GenerateContentResponse[] = [];
  for await (const event of await client.models.generateContentStream({ model: "m", contents: "x" })) {
    events.push(event);
  }
  return events;
}
