import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Check, promise, Unsupported } from "../check.js";
import { answerLong, longStream, type Written } from "../long-stream.js";
import { succeeded } from "../run-call.js";

const MOST_BYTES = 24 * 1024 * 1024;
const MOST_EVENTS = 40_000;

export const memorySteady: Check = {
  name: "memory-steady",
  promise: "What it holds does not grow with the length of a stream.",
  async run(kit) {
    kit.needUpstream();
    if (kit.subject.entry === undefined) throw new Unsupported("It runs elsewhere, in memory of its own.");
    const stream = await longStream(kit);
    const size = Math.min(MOST_BYTES, MOST_EVENTS * stream.again.length);
    const events = Math.floor(size / stream.again.length);
    const collect = garbageCollector();
    let early = 0;
    let late = 0;
    const outcome = await kit.play(
      stream.recording,
      answerLong(stream, size, { bytes: 0, whole: false } satisfies Written),
      {
        limitMs: 60_000,
        keep: false,
        each: async (_chunk, index) => {
          if (index === events >> 3) early = await held(collect);
          if (index === events - (events >> 3)) late = await held(collect);
        },
      },
    );
    succeeded(outcome, "to a long stream");
    const allowed = Math.max(3 * 1024 * 1024, size / 4);
    promise(
      late - early < allowed,
      `about the same memory along a stream of ${megabytes(size)}`,
      `${megabytes(late - early)} more`,
    );
  },
};

async function held(collect: () => void): Promise<number> {
  // The memory of buffers is given back beside the collection: a second one, a little later, finds it done.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
