import type { Clock } from "../core/clock.js";
import type { WriteRecord } from "../core/write-record.js";
import { matchesGlob, type ParlanceError } from "../sdk/index.js";
import { Canary, type CanaryPolicy } from "./canary.js";

/** A canary as it is configured. */
export interface CanaryEntry {
  /** The model in which it stands. */
  readonly route: string;
  /** Its name there: `provider/model`, or that of another model. */
  readonly member: string;
  /** Names of the targets whose attempts are its own, with `*` for any run of characters. */
  readonly targets: readonly string[];
  readonly policy: CanaryPolicy;
}

/** The canaries of a gateway, in memory. A change of configuration that leaves one as it is leaves it where it stands. */
export interface Canaries {
  /** To be called for each configuration in turn: those that are new, or not as before, begin now. */
  configure(entries: readonly CanaryEntry[]): void;
  /** The one of a member of a route; undefined where that is none. */
  of(route: string, member: string): Canary | undefined;
  /** An attempt at a target has ended, in whichever route. `ttftMs`: milliseconds to its first content. */
  attempted(target: string, error: ParlanceError | undefined, ttftMs: number | undefined): void;
  /** The breaker of a target has opened by its failures. `why`: in words, such as `after 3 failures in a row`. */
  broke(target: string, why: string): void;
  /** Those of a route begin anew. */
  reset(route: string): void;
}

interface Known {
  readonly entry: CanaryEntry;
  readonly canary: Canary;
}

/** No canary yet. Each one that falls back is told in the log, once. */
export function createCanaries(clock: Clock, write: WriteRecord): Canaries {
  let known = new Map<string, Known>();
  const tell = (target: string, news: (canary: Canary) => string | undefined): void => {
    if (known.size === 0) return;
    for (const { entry, canary } of known.values()) {
      if (!entry.targets.some((name) => matchesGlob(name, target))) continue;
      const why = news(canary);
      if (why === undefined) continue;
      write("warn", { msg: "canary", model: entry.route, target: entry.member, state: "fallen_back", reason: why });
    }
  };
  return {
    configure(entries) {
      const before = known;
      known = new Map(
        entries.map((entry) => {
          const key = keyOf(entry.route, entry.member);
          const earlier = before.get(key);
          const same = earlier !== undefined && JSON.stringify(earlier.entry) === JSON.stringify(entry);
          return [key, same ? earlier : { entry, canary: new Canary(entry.policy, clock) }];
        }),
      );
    },
    of: (route, member) => known.get(keyOf(route, member))?.canary,
    attempted: (target, error, ttftMs) => tell(target, (canary) => canary.attempted(error, ttftMs)),
    broke: (target, why) => tell(target, (canary) => canary.broke(why)),
    reset(route) {
      for (const { entry, canary } of known.values()) if (entry.route === route) canary.reset();
    },
  };
}

function keyOf(route: string, member: string): string {
  return JSON.stringify([route, member]);
}
