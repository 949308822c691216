import { describe, expect, it } from "vitest";
import { type Chunk, ChunkOrder, chunks, create, FinishReason, fold, type Loss, UsageSchema } from "../sdk/index.js";
import { SaidSoFar } from "./said-so-far.js";
import { Seam } from "./seam.js";

const text = (part: number, said = "") => chunks.partStart(0, part, { kind: { case: "text", value: { text: said } } });
const BEGUN = [chunks.completionStart({ id: "first", model: "a" }), text(0), chunks.textDelta(0, 0, "Hello ")];
const usage = (inputTokens: number, outputTokens: number) => create(UsageSchema, { inputTokens, outputTokens });
const END = [chunks.finish(0, { reason: FinishReason.STOP }), chunks.usage(usage(3, 4)), chunks.completionEnd({})];

function whole(said: readonly Chunk[], told: readonly Chunk[], losses: readonly Loss[] = []): Chunk[] {
  const state = new SaidSoFar();
  state.add(said);
  expect(state.continuable).toBe(true);
  const seam = new Seam(state, usage(1, 2), losses);
  const all = [...said, ...told.flatMap((chunk) => seam.take([chunk]))];
  const order = new ChunkOrder();
  for (const { event } of all) order.take(event);
  return all;
}

const partsOf = (all: readonly Chunk[]) => fold(all).choices[0]?.message?.parts.map(({ kind }) => kind.case) ?? [];

describe("what goes on behind a seam", () => {
  it("is one legal stream with what came before: its text in the same part, its usage added", () => {
    const told = [chunks.completionStart({ id: "second", model: "b" }), text(0, "wor"), chunks.textDelta(0, 0, "ld")];
    const all = whole(BEGUN, [...told, chunks.partEnd(0, 0), ...END]);
    const answer = fold(all);
    expect(answer).toMatchObject({ id: "first", model: "a", usage: { inputTokens: 4, outputTokens: 6 } });
    expect(answer.choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ text: "Hello world" });
    expect(all.filter(({ event }) => event.case === "completionStart")).toHaveLength(1);
  });

  it("ends the open part before another kind begins", () => {
    const call = { id: "c", name: "f", arguments: "" };
    const told = [
      chunks.completionStart({ id: "second", model: "b" }),
      chunks.partStart(0, 0, { kind: { case: "toolCall", value: call } }),
      chunks.toolCallDelta(0, 0, "{}"),
      chunks.partEnd(0, 0),
      ...END,
    ];
    expect(partsOf(whole(BEGUN, told))).toEqual(["text", "toolCall"]);
    const both = [told[0] as Chunk, text(0), chunks.textDelta(0, 0, "a"), chunks.partEnd(0, 0)];
    const second = chunks.partStart(0, 1, { kind: { case: "toolCall", value: call } });
    const all = whole(BEGUN, [...both, second, chunks.toolCallDelta(0, 1, "{}"), chunks.partEnd(0, 1), ...END]);
    expect(partsOf(all)).toEqual(["text", "toolCall"]);
  });

  it("begins a part of its own where the last one had ended, and needs none to end", () => {
    const told = [chunks.completionStart({ id: "second", model: "b" }), text(0, "more"), chunks.partEnd(0, 0), ...END];
    expect(partsOf(whole([...BEGUN, chunks.partEnd(0, 0)], told))).toEqual(["text", "text"]);
    expect(partsOf(whole(BEGUN, [told[0] as Chunk, ...END]))).toEqual(["text"]);
  });

  it("tells what the attempt before had lost", () => {
    const loss = { $typeName: "parlance.v1.Loss" as const, path: "top_k", kind: 1, reason: "No." };
    const all = whole(BEGUN, [chunks.completionStart({ id: "", model: "" }), ...END], [loss]);
    expect(fold(all).losses).toEqual([loss]);
  });
});

it.each([
  ["nothing", []],
  ["white space", [BEGUN[0] as Chunk, text(0, " \n")]],
  ["reasoning", [...BEGUN, chunks.partStart(0, 1, { kind: { case: "reasoning", value: { text: "" } } })]],
  ["half a call", [...BEGUN, chunks.partStart(0, 1, { kind: { case: "toolCall", value: { id: "c", name: "f" } } })]],
  ["a second choice", [...BEGUN, chunks.partStart(1, 0, { kind: { case: "text", value: { text: "b" } } })]],
  ["an answer that has said how it ended", [...BEGUN, chunks.partEnd(0, 0), END[0] as Chunk]],
])("%s is not gone on with", (_what, said) => {
  const state = new SaidSoFar();
  state.add(said);
  expect(state.continuable).toBe(false);
});
