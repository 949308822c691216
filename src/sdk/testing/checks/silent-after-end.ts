import { type Check, promise } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";

export const silentAfterEnd: Check = {
  name: "silent-after-end",
  promise: "Nothing comes after completion_end.",
  async run(kit) {
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      const end = outcome.chunks.findIndex(({ event }) => event.case === "completionEnd");
      const after = end === -1 ? [] : outcome.chunks.slice(end + 1);
      promise(
        after.length === 0,
        `nothing after completion_end for the recording "${recording.name}"`,
        after.map(({ event }) => event.case).join(", "),
      );
    }
  },
};
