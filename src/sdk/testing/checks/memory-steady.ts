import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Check, promise, Unsupported } from "../check.js";
import { answerLong, longStream } from "../long-stream.js";
import { succeeded } from "../run-call.js";

const EVENTS = 40_000;

export const memorySteady: Check = {
  name: "memory-steady",
  promise: "Along a stream it holds no more than the text so far, which some need for what comes at the end.",
  turn: "alone",
  async run(kit) {
    kit.needUpstream();
    if (kit.subject.place !== "in_process") throw new Unsupported("It runs elsewhere, in memory of its own.");
    const stream = await longStream(kit, "smallest");
    const collect = garbageCollector();
    let early = 0;
    let late = 0;
    let letters = 0;
    const behaviour = answerLong(stream, EVENTS * stream.again.length, { bytes: 0 });
    const outcome = await kit.play(stream.recording, behaviour, {
      limitMs: 60_000,
      keep: false,
      each: async ({ event }, index) => {
        if (event.case === "textDelta") letters += event.value.text.length;
        if (index === EVENTS >> 3) early = await held(collect);
        if (index === EVENTS - (EVENTS >> 3)) late = await held(collect);
      },
    });
    succeeded(outcome, "to a long stream");
    const allowed = 3 * 1024 * 1024 + letters * 2;
    const grown = late - early;
    promise(grown < allowed, `less than ${megabytes(allowed)} more at the end of ${EVENTS} events`, megabytes(grown));
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
