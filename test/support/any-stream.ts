import fc from "fast-check";
import { type Chunk, chunks, create, FinishReason, ToolKind, UsageSchema } from "../../src/sdk/index.js";

/** A part of an answer, and the pieces in which it comes. */
export type AnyPart =
  | { readonly kind: "text" | "reasoning" | "refusal"; readonly pieces: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly input: object; readonly cut: readonly number[] };

/** What a stream of the vocabulary tells. */
export interface AnyStream {
  readonly choices: readonly { readonly parts: readonly AnyPart[]; readonly reason: FinishReason }[];
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoned: number;
  /** A legal order of its events: parts and choices side by side, each begun in its turn. */
  readonly events: readonly Chunk[];
}

const pieces = fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1, maxLength: 4 });

const anyPart = (kinds: readonly ("text" | "reasoning" | "refusal")[]): fc.Arbitrary<AnyPart> =>
  fc.oneof(
    fc.record({ kind: fc.constantFrom(...kinds), pieces }),
    fc.record({
      kind: fc.constant("call" as const),
      name: fc.stringMatching(/^[a-z_]{1,12}$/),
      input: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
        noNullPrototype: true,
      }),
      cut: fc.array(fc.nat(40), { maxLength: 3 }),
    }),
  );

/** Any legal stream of answers with these parts, as many choices as `most`. */
export function anyStream(kinds: readonly ("text" | "reasoning" | "refusal")[], most: number): fc.Arbitrary<AnyStream> {
  const choice = fc.record({
    parts: fc.array(anyPart(kinds), { maxLength: 5 }),
    reason: fc.constantFrom(FinishReason.STOP, FinishReason.LENGTH, FinishReason.CONTENT_FILTER),
  });
  const counts = fc.tuple(fc.nat(9999), fc.nat(9999), fc.nat(9999), fc.nat(9999));
  return fc
    .tuple(fc.array(choice, { minLength: 1, maxLength: most }), counts, fc.infiniteStream(fc.nat(1000)))
    .map(([choices, [fresh, cached, said, reasoned], random]) => {
      const told = { choices, input: fresh + cached, cached, output: said + reasoned, reasoned };
      return { ...told, events: eventsOf(told, random) };
    });
}

function eventsOf(told: Omit<AnyStream, "events">, random: Iterator<number>): Chunk[] {
  const pick = <T>(list: readonly T[]): T => list[(random.next().value as number) % list.length] as T;
  const { input: inputTokens, cached: cacheReadTokens, output: outputTokens, reasoned: reasoningTokens } = told;
  return [
    chunks.completionStart({ id: "answer-1", model: "model-1" }),
    ...shuffled(
      told.choices.map(({ parts, reason }, choice) => [
        ...sideBySide(
          parts.map((part, index) => partEvents(part, choice, index)),
          pick,
        ),
        chunks.finish(choice, { reason, raw: "" }),
      ]),
      pick,
    ),
    chunks.usage(create(UsageSchema, { inputTokens, cacheReadTokens, outputTokens, reasoningTokens })),
    chunks.completionEnd(),
  ];
}

/** Lists mixed, each in its own order. */
function shuffled(lists: readonly (readonly Chunk[])[], pick: <T>(list: readonly T[]) => T): Chunk[] {
  const rest = lists.map((list) => [...list]).filter((list) => list.length > 0);
  const out: Chunk[] = [];
  while (rest.some((list) => list.length > 0)) out.push(pick(rest.filter((list) => list.length > 0)).shift() as Chunk);
  return out;
}

/** The events of parts, of which calls may be open side by side, and all begin in their order. */
function sideBySide(parts: readonly Chunk[][], pick: <T>(list: readonly T[]) => T): Chunk[] {
  const out: Chunk[] = [];
  let calls: Chunk[][] = [];
  const drain = (): void => {
    out.push(...shuffled(calls, pick));
    calls = [];
  };
  for (const [start, ...rest] of parts) {
    const isCall = start?.event.case === "partStart" && start.event.value.content?.kind.case === "toolCall";
    if (!isCall) drain();
    out.push(start as Chunk);
    if (isCall) calls.push(rest);
    else out.push(...rest);
  }
  drain();
  return out;
}

function partEvents(part: AnyPart, choice: number, index: number): Chunk[] {
  const end = chunks.partEnd(choice, index);
  if (part.kind === "call") {
    const text = JSON.stringify(part.input);
    const cuts = [0, ...part.cut.filter((at) => at < text.length).sort((a, b) => a - b), text.length];
    const call = { id: callId(choice, index), name: part.name, arguments: "", kind: ToolKind.FUNCTION };
    return [
      chunks.partStart(choice, index, { kind: { case: "toolCall", value: call } }),
      ...cuts.slice(1).map((to, i) => chunks.toolCallDelta(choice, index, text.slice(cuts[i], to))),
      end,
    ];
  }
  const delta = { text: chunks.textDelta, reasoning: chunks.reasoningDelta, refusal: chunks.refusalDelta }[part.kind];
  const begin = chunks.partStart(choice, index, { kind: { case: part.kind, value: { text: "" } } });
  return [begin, ...part.pieces.map((piece) => delta(choice, index, piece)), end];
}

/** The id of a call in these streams. */
export function callId(choice: number, part: number): string {
  return `call_${choice}_${part}`;
}

/** The words of an answer's parts of one kind. */
export function wordsOf(parts: readonly AnyPart[], kind: AnyPart["kind"]): string {
  return parts.map((part) => (part.kind === kind && part.kind !== "call" ? part.pieces.join("") : "")).join("");
}

/** A legal stream with something put where it may not be, and the number of events before that place. */
export const brokenStream: fc.Arbitrary<{ readonly events: readonly Chunk[]; readonly at: number }> = fc
  .tuple(anyStream(["text", "reasoning", "refusal"], 2), fc.nat(), fc.constantFrom("again", "gap", "stranger", "late"))
  .map(([{ events }, seed, how]) => {
    const begun = seed % (events.length - 1);
    const wrong: Record<typeof how, [number, Chunk]> = {
      // The answer begins a second time.
      again: [begun + 1, chunks.completionStart({ id: "answer-2", model: "model-2" })],
      // A part begins whose number is not the next.
      gap: [1, chunks.partStart(0, 1 + (seed % 5), { kind: { case: "text", value: { text: "x" } } })],
      // A delta comes for a part that never began.
      stranger: [begun + 1, chunks.textDelta(7, seed % 5, "x")],
      // Something follows the end.
      late: [events.length, chunks.textDelta(0, 0, "x")],
    };
    const [at, event] = wrong[how];
    return { events: [...events.slice(0, at), event, ...events.slice(at)], at };
  });
