import { type Check, promise } from "../check.js";
import { cutBlocks } from "../cut-blocks.js";
import { succeeded, textOf } from "../run-call.js";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const slowAnswer: Check = {
  name: "slow-answer",
  promise: "An answer whose headers are late, and which comes in trickles, is an answer, and is passed on as it comes.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete", true);
    const wanted = textOf(await kit.play(recording));
    const blocks = cutBlocks(recording.answer);
    let sent = 0;
    let early = false;
    const outcome = await kit.play(
      recording,
      async (response) => {
        await wait(300);
        response.writeHead(recording.answer.status, recording.answer.headers);
        for (const block of blocks) {
          response.write(block);
          sent += 1;
          await wait(20);
        }
        response.end();
      },
      { each: () => void (early ||= sent < blocks.length) },
    );
    succeeded(outcome, "that is slow");
    promise(textOf(outcome) === wanted, "the same text from a slow answer", `"${textOf(outcome).slice(0, 100)}"`);
    promise(early, "the first chunk before the server has sent its last event", "all chunks at the end");
  },
};
