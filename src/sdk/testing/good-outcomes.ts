import type { Kit } from "./kit.js";
import type { Recording } from "./recording.js";
import { type Outcome, succeeded } from "./run-call.js";

/** A chat that ended well, with what it was played from. */
export interface GoodOutcome {
  readonly recording: Recording;
  readonly outcome: Outcome;
}

/** By the recordings, which are those of all kits of one plugin. */
const played = new WeakMap<readonly Recording[], Promise<GoodOutcome[]>>();

/** Every recording of a good chat, played once for all checks that look at what came of it. */
export function goodOutcomes(kit: Kit): Promise<GoodOutcome[]> {
  let found = played.get(kit.recordings);
  if (found === undefined) {
    found = play(kit);
    played.set(kit.recordings, found);
  }
  return found;
}

async function play(kit: Kit): Promise<GoodOutcome[]> {
  const out: GoodOutcome[] = [];
  for (const recording of kit.good("complete")) {
    const outcome = await kit.play(recording);
    succeeded(outcome, `to the recording "${recording.name}"`);
    out.push({ recording, outcome });
  }
  return out;
}
