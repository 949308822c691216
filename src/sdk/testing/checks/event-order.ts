import type { Chunk } from "../../../gen/parlance/v1/completion_pb.js";
import { ChunkOrder } from "../../chunk-order.js";
import { type Check, promise } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";

export const eventOrder: Check = {
  name: "event-order",
  promise: "An answer begins with its start, and of each part come its start, its deltas and its end, in that order.",
  async run(kit) {
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      const order = new ChunkOrder();
      for (const { event } of withoutEnds(outcome.chunks)) {
        const broken = problemOf(() => order.take(event));
        promise(broken === undefined, `events in order for the recording "${recording.name}"`, broken ?? "");
      }
    }
  },
};

/** How answers finish and end is for checks of its own: of each choice its first finish is left, and no end. */
function withoutEnds(chunks: readonly Chunk[]): Chunk[] {
  const finished = new Set<number>();
  const end = chunks.findIndex(({ event }) => event.case === "completionEnd");
  return chunks.slice(0, end === -1 ? undefined : end).filter(({ event }) => {
    if (event.case !== "finish") return true;
    const first = !finished.has(event.value.choice);
    finished.add(event.value.choice);
    return first;
  });
}

function problemOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return `"${(thrown as Error).message}"`;
  }
}
