import type { ErrorCode } from "../../errors.js";
import { answerUntil } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { cutBlocks } from "../cut-blocks.js";
import type { RecordedAnswer } from "../recording.js";
import { errorOf, told } from "../run-call.js";

export const cutTold: Check = {
  name: "cut-told",
  promise:
    "An answer whose connection is lost before its end is stream_truncated, one that ends without its end stream_unfinished.",
  async run(kit) {
    kit.needUpstream();
    for (const recording of kit.good("complete", true).slice(0, 2)) {
      const { places, ends } = placesOf(recording.answer);
      for (const end of places) {
        for (const [how, wanted, hangUp] of WAYS) {
          const when = `when the stream "${recording.name}" ${how} after ${end} of ${recording.answer.bytes.length} bytes`;
          const error = errorOf(await kit.play(recording, answerUntil(recording.answer, end, hangUp)), when);
          // An event that ends in its middle may as well be told as one that cannot be read.
          const half = how === "ends" && !ends.has(end) && error.code === "malformed_answer";
          promise(half || error.code === wanted, `${wanted} ${when}`, told(error));
        }
      }
    }
  },
};

const WAYS = [
  ["is cut off", "stream_truncated", (response) => void response.destroy()],
  ["ends", "stream_unfinished", (response) => void response.end()],
] as const satisfies readonly (readonly [string, ErrorCode, Parameters<typeof answerUntil>[2]])[];

/** After whole events and in the middle of one, in the first half: later all that matters may have come. */
function placesOf(answer: RecordedAnswer): { places: number[]; ends: ReadonlySet<number> } {
  const blocks = cutBlocks(answer);
  const half = Math.max(1, blocks.length >> 1);
  const ends: number[] = [];
  let at = 0;
  for (const block of blocks.slice(0, half)) {
    at += block.length;
    ends.push(at);
  }
  const first = (blocks[0]?.length ?? 2) >> 1;
  return { places: [...new Set([Math.max(1, first), ends[0] ?? 1, ends.at(-1) ?? 1])], ends: new Set(ends) };
}
