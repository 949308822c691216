import { type Check, promise } from "../check.js";
import { answerLong, longStream, type Written } from "../long-stream.js";

/** More than the buffers of a connection hold. */
const BYTES = 24 * 1024 * 1024;

/** Milliseconds without a write after which the server is taken to wait; a slow machine may take its time to read. */
const STILL_MS = 800;

export const backpressure: Check = {
  name: "backpressure",
  promise: "A slow reader makes the server wait.",
  async run(kit) {
    kit.needUpstream();
    const stream = await longStream(kit, "largest");
    const written: Written = { bytes: 0 };
    await kit.play(stream.recording, answerLong(stream, BYTES, written), {
      limitMs: 50_000,
      each: async (_chunk, index) => {
        if (index < 5) return true;
        await untilStill(written);
        return false;
      },
    });
    const megabytes = Math.round(written.bytes / 1024 / 1024);
    promise(
      written.bytes < BYTES,
      "the server to wait for a reader who reads no further",
      `${megabytes} MB taken from it meanwhile`,
    );
  },
};

/** Waits until the server writes no more, be it that it has to wait or that it is done. */
async function untilStill(written: Written): Promise<void> {
  for (let before = -1; before !== written.bytes && written.bytes < BYTES; ) {
    before = written.bytes;
    await new Promise((resolve) => setTimeout(resolve, STILL_MS));
  }
}
