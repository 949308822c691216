import { answerUntil } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { cutBlocks } from "../cut-blocks.js";
import type { RecordedAnswer } from "../recording.js";
import { errorOf, told } from "../run-call.js";

const BYTES = 40 * 1024 * 1024;

export const largeEvent: Check = {
  name: "large-event",
  promise: "An event of a stream without an end in sight is refused, and not collected for ever.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete", true);
    const { answer } = recording;
    const bytes = Buffer.concat([cutBlocks(answer)[0] ?? Buffer.alloc(0), opening(answer), Buffer.alloc(BYTES, "x")]);
    const endless = answerUntil({ ...answer, bytes }, bytes.length, () => {});
    const error = errorOf(await kit.play(recording, endless), "after an event of 40 MB without an end");
    promise(
      error.rule.fault === "provider",
      "an error of the provider after an event of 40 MB without an end",
      told(error),
    );
  },
};

function opening({ cut }: RecordedAnswer): Buffer {
  switch (cut) {
    case "sse":
      return Buffer.from('data: {"x":"');
    case "eventstream": {
      // A message that says that it is of two gigabytes.
      const prelude = Buffer.alloc(12);
      prelude.writeUInt32BE(0x7f_ff_ff_ff, 0);
      return prelude;
    }
    default:
      return Buffer.from('{"x":"');
  }
}
