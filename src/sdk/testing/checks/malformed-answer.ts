import { answerAs } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { cutBlocks } from "../cut-blocks.js";
import type { RecordedAnswer } from "../recording.js";
import { errorOf, told } from "../run-call.js";
import { everyKind } from "./one-call.js";

export const malformedAnswer: Check = {
  name: "malformed-answer",
  promise:
    "An answer that cannot be read, or is empty, is malformed_answer, and never a success; an empty stream is stream_unfinished.",
  async run(kit) {
    kit.needUpstream();
    for (const recording of everyKind(kit)) {
      const { answer, ask } = recording;
      const empty = answer.cut === "whole" ? "malformed_answer" : "stream_unfinished";
      for (const [how, bytes, wanted] of [
        ["malformed", malformed(answer), "malformed_answer"],
        ["empty", Buffer.alloc(0), empty],
      ] as const) {
        const when = `when the answer to ${ask.operation} is ${how}`;
        const error = errorOf(await kit.play(recording, answerAs({ ...answer, bytes })), when);
        promise(error.code === wanted, `${wanted} ${when}`, told(error));
      }
    }
  },
};

/** Half a JSON text, or a stream with an event of which that is all. */
function malformed(answer: RecordedAnswer): Buffer {
  const [first = Buffer.alloc(0), ...rest] = cutBlocks(answer);
  switch (answer.cut) {
    case "whole":
      return first.subarray(0, first.length >> 1);
    case "sse":
      return Buffer.concat([first, Buffer.from('data: {"half":\n\n'), ...rest]);
    case "ndjson":
      return Buffer.concat([first, Buffer.from('{"half":\n'), ...rest]);
    case "eventstream":
      return Buffer.concat([first, Buffer.from("no event at all, whatever its length may be"), ...rest]);
  }
}
