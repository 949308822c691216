import { answerAs } from "../behaviours.js";
import { type Check, promise } from "../check.js";
import { refusalOf } from "../refusals.js";
import { errorOf } from "../run-call.js";

const DATE = "Wed, 21 Oct 2026 07:28:00 GMT";
const LATER = "Wed, 21 Oct 2026 07:28:09 GMT";

/** Headers by which providers tell how long to wait, and the milliseconds that they ask for; undefined where it is open. */
const ASKS: readonly (readonly [Readonly<Record<string, string>>, number | undefined])[] = [
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": LATER, date: DATE }, 9000],
  [{ "retry-after-ms": "1500" }, 1500],
  [{ "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s" }, undefined],
  [{}, undefined],
];

export const retryAfterKept: Check = {
  name: "retry-after-kept",
  promise: "How long the server asks to wait is told with its 429.",
  async run(kit) {
    kit.needUpstream();
    const [recording] = kit.good("complete");
    const refusal = refusalOf(kit, 429);
    for (const [headers, wanted] of ASKS) {
      const shown = JSON.stringify(headers);
      const bare = Object.fromEntries(
        Object.entries(refusal.headers).filter(([name]) => !/retry-after|ratelimit/.test(name)),
      );
      const error = errorOf(
        await kit.play(recording, answerAs({ ...refusal, headers: { ...bare, ...headers } })),
        `after 429 with ${shown}`,
      );
      const { retryAfterMs } = error.facts;
      const open = wanted === undefined && (retryAfterMs === undefined || retryAfterMs >= 0);
      promise(open || retryAfterMs === wanted, `a wait of ${wanted} ms after 429 with ${shown}`, `${retryAfterMs}`);
    }
  },
};
