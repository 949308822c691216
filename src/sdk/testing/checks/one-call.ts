import { type Check, promise, Unsupported } from "../check.js";
import type { Kit } from "../kit.js";
import type { Recording } from "../recording.js";

export const oneCall: Check = {
  name: "one-call",
  promise: "Each call of a method makes exactly one call to the server.",
  async run(kit) {
    kit.needUpstream();
    for (const recording of everyKind(kit)) {
      await kit.play(recording);
      const { length } = kit.upstream.seen;
      promise(length === 1, `one call for the recording "${recording.name}"`, `${length}`);
    }
  },
};

/** One recording of each operation that the plugin promises. Throws an `Unsupported` where there is none at all. */
export function everyKind(kit: Kit): Recording[] {
  const kinds = [
    ["complete", false],
    ["complete", true],
    ["embed", undefined],
    ["count_tokens", undefined],
  ] as const;
  const found = kinds.flatMap(([operation, stream]) => {
    try {
      return [kit.good(operation, stream)[0]];
    } catch {
      // What is not promised, or not recorded, is told by the check that is about it.
      return [];
    }
  });
  if (found.length === 0) throw new Unsupported("It ships no recordings.");
  return found;
}
