import { answerUntil } from "../behaviours.js";
import type { Check } from "../check.js";
import { soon } from "../kit.js";

export const hangsUpWhenLeft: Check = {
  name: "hangs-up-when-left",
  promise: "When its reader leaves a stream, it hangs up.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete", true);
    const half = recording.answer.bytes.length >> 1;
    await kit.play(
      recording,
      answerUntil(recording.answer, half, () => {}),
      { each: () => false },
    );
    await soon(
      () => kit.upstream.seen[0]?.socket.destroyed === true,
      "the connection to be closed when the stream is left",
      () => "an open connection",
    );
  },
};
