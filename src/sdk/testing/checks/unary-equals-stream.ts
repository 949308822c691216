import { type Check, promise, Unsupported } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";
import type { Outcome } from "../run-call.js";
import { textOf } from "../run-call.js";
import { finishOf, toolCallsOf } from "./answer-as-recorded.js";

export const unaryEqualsStream: Check = {
  name: "unary-equals-stream",
  promise: "An answer is the same whole as folded from a stream.",
  async run(kit) {
    const pairs = new Map<string, Outcome[]>();
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      if (recording.pair !== undefined) pairs.set(recording.pair, [...(pairs.get(recording.pair) ?? []), outcome]);
    }
    const both = [...pairs].filter(([, outcomes]) => outcomes.length > 1);
    if (both.length === 0)
      throw new Unsupported("It ships no pair of recordings that tell one answer, whole and as a stream.");
    for (const [pair, [first, ...others]] of both) {
      for (const other of others) {
        const [one, two] = [told(first as Outcome), told(other)];
        promise(one === two, `one answer for the pair "${pair}"`, `${one} and ${two}`);
      }
    }
  },
};

function told(outcome: Outcome): string {
  return JSON.stringify({ text: textOf(outcome), finish: finishOf(outcome), toolCalls: toolCallsOf(outcome) });
}
