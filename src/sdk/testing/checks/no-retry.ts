import { answerAs } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import type { Behaviour } from "../local-upstream.js";
import { refusalOf } from "../refusals.js";
import { errorOf } from "../run-call.js";

export const noRetry: Check = {
  name: "no-retry",
  promise: "It does not try again by itself: that is for the gateway to decide.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete");
    const faults: [string, Behaviour][] = [429, 500, 502, 503, 529].map((status) => {
      const refusal = refusalOf(kit, status);
      return [`after ${status}`, answerAs({ ...refusal, headers: { ...refusal.headers, "retry-after": "0" } })];
    });
    faults.push(["after a lost connection", (response) => void response.destroy()]);
    for (const [when, behaviour] of faults) {
      errorOf(await kit.play(recording, behaviour), when);
      const { length } = kit.upstream.seen;
      promise(length === 1, `one call ${when}`, `${length}`);
    }
  },
};
