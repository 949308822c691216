import { describe, expect, it } from "vitest";
import type { Chunk } from "../gen/parlance/v1/completion_pb.js";
import { ChunkOrder } from "./chunk-order.js";
import { chunks } from "./chunks.js";
import { ParlanceError } from "./errors.js";
import { FinishReason } from "./vocabulary.js";

const start = chunks.completionStart({ id: "a", model: "m" });
const text = (choice: number, part: number) => chunks.partStart(choice, part, { kind: { case: "text", value: {} } });
const call = (part: number) =>
  chunks.partStart(0, part, { kind: { case: "toolCall", value: { id: "c", name: "f", arguments: "" } } });
const finish = (choice = 0) => chunks.finish(choice, { reason: FinishReason.STOP });
const end = chunks.completionEnd();

/** The number of events that are taken, of all of them. */
function taken(...list: readonly Chunk[]): number {
  const order = new ChunkOrder();
  for (const [number, { event }] of list.entries()) {
    try {
      order.take(event);
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: "malformed_answer" });
      expect(thrown).toBeInstanceOf(ParlanceError);
      return number;
    }
  }
  return list.length;
}

describe("the order of a stream", () => {
  it("takes parts and choices side by side, and answers without any", () => {
    const mixed = [
      start,
      text(1, 0),
      call(0),
      call(1),
      chunks.toolCallDelta(0, 1, "{"),
      chunks.textDelta(1, 0, "x"),
      chunks.toolCallDelta(0, 0, "{}"),
      chunks.partEnd(0, 1),
      chunks.partEnd(1, 0),
      finish(1),
      chunks.partEnd(0, 0),
      finish(),
      end,
    ];
    expect(taken(...mixed)).toBe(mixed.length);
    expect(taken(start, end)).toBe(2);
    expect(taken(start, finish(), end)).toBe(3);
  });

  it.each<[string, Chunk[]]>([
    ["anything before the start", [text(0, 0)]],
    ["a second start", [start, start]],
    ["a part out of turn", [start, text(0, 1)]],
    ["a part that begins twice", [start, text(0, 0), text(0, 0)]],
    ["a delta without its part", [start, chunks.textDelta(0, 0, "x")]],
    ["a delta of another kind", [start, call(0), chunks.textDelta(0, 0, "x")]],
    ["a delta after its part", [start, text(0, 0), chunks.partEnd(0, 0), chunks.textDelta(0, 0, "x")]],
    ["a delta of another choice", [start, text(0, 0), chunks.textDelta(1, 0, "x")]],
    ["the end of a part that never began", [start, chunks.partEnd(0, 0)]],
    ["the end of a part that has ended", [start, text(0, 0), chunks.partEnd(0, 0), chunks.partEnd(0, 0)]],
    ["a finish within a part", [start, text(0, 0), finish()]],
    ["a part after the finish", [start, finish(), text(0, 0)]],
    ["a second finish", [start, finish(), finish()]],
    ["an end before the finish", [start, text(0, 0), chunks.partEnd(0, 0), end]],
    ["anything after the end", [start, finish(), end, finish(1)]],
  ])("refuses %s", (_, list) => {
    expect(taken(...list)).toBe(list.length - 1);
  });
});
