import { answerInPieces } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import type { Outcome } from "../run-call.js";
import { succeeded } from "../run-call.js";

/** Byte by byte, and cuts that fall elsewhere each time. */
const CUTS = [[1], [2, 3], [7, 1, 19, 4], [61]];

export const anySplit: Check = {
  name: "any-split",
  promise: "However the bytes of a stream are cut on their way, its chunks are the same.",
  async run(kit) {
    kit.needUpstream();
    const streams = [...kit.good("complete", true)].sort((a, b) => a.answer.bytes.length - b.answer.bytes.length);
    for (const recording of streams.slice(0, 3)) {
      const wanted = told(await kit.play(recording));
      for (const sizes of CUTS) {
        let at = 0;
        const next = (): number => sizes[at++ % sizes.length] as number;
        const outcome = await kit.play(recording, answerInPieces(recording.answer, next));
        const how = `to the recording "${recording.name}" in pieces of ${sizes.join(", ")} bytes`;
        succeeded(outcome, how);
        promise(told(outcome) === wanted, `the same chunks ${how}`, firstDifference(wanted, told(outcome)));
      }
    }
  },
};

/** The chunks as text, without what an answer that has no id or time of its own is given anew. */
function told({ chunks }: Outcome): string {
  return chunks
    .map(({ event }) => (event.case === "completionStart" ? "start" : JSON.stringify(event, plainly)))
    .join("\n");
}

function plainly(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function firstDifference(wanted: string, came: string): string {
  const lines = wanted.split("\n");
  const others = came.split("\n");
  const at = lines.findIndex((line, index) => line !== others[index]);
  return at === -1 ? `${others.length} chunks in place of ${lines.length}` : `${others[at]} in place of ${lines[at]}`;
}
