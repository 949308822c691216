import { type Check, promise, Unsupported } from "../check.js";
import { goodOutcomes } from "../good-outcomes.js";
import { completionOf } from "../run-call.js";

export const usageTold: Check = {
  name: "usage-told",
  promise: "The tokens that the server counted are told.",
  async run(kit) {
    let looked = 0;
    for (const { recording, outcome } of await goodOutcomes(kit)) {
      const usage = completionOf(outcome).usage;
      if (!kit.subject.conformance.upstream) {
        promise(usage !== undefined, "usage in every answer of a plugin that calls no server", "none");
        looked += 1;
      }
      for (const [name, count] of Object.entries(recording.expect.usage ?? {})) {
        const told = (usage as Record<string, unknown> | undefined)?.[camel(name)];
        promise(
          told === count,
          `${name} ${count} for the recording "${recording.name}"`,
          told === undefined ? "none" : `${String(told)}`,
        );
        looked += 1;
      }
    }
    if (looked === 0) throw new Unsupported("None of its recordings expects usage.");
  },
};

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
