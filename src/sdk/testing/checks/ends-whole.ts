import { type Check, promise } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";

export const endsWhole: Check = {
  name: "ends-whole",
  promise: "An answer that is whole says so: it ends with completion_end.",
  async run(kit) {
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      const ended = outcome.chunks.some(({ event }) => event.case === "completionEnd");
      const last = outcome.chunks.at(-1)?.event.case ?? "nothing";
      promise(ended, `completion_end for the recording "${recording.name}"`, `an end after ${last}`);
    }
  },
};
