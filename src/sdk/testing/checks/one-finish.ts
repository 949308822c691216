import { type Check, promise } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";

export const oneFinish: Check = {
  name: "one-finish",
  promise: "Every choice of an answer is finished exactly once.",
  async run(kit) {
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      const finishes = new Map<number, number>();
      for (const { event } of outcome.chunks) {
        if (event.case === "partStart" && !finishes.has(event.value.choice)) finishes.set(event.value.choice, 0);
        if (event.case === "finish") finishes.set(event.value.choice, (finishes.get(event.value.choice) ?? 0) + 1);
      }
      if (finishes.size === 0) finishes.set(0, 0);
      for (const [choice, count] of finishes) {
        promise(count === 1, `one finish of choice ${choice} for the recording "${recording.name}"`, `${count}`);
      }
    }
  },
};
