import type { Clock } from "../core/clock.js";
import type { DocumentKey, Store } from "../store/store.js";
import type { TargetState } from "./target-state.js";
import type { TargetStates } from "./target-states.js";

/** What replicas tell one another through. */
export interface HintsInit {
  readonly states: TargetStates;
  readonly store: Store;
  readonly clock: Clock;
  /** Tells this gateway from the others that use the store. */
  readonly replica: string;
}

/** That a breaker is open at a replica. */
interface Hint {
  readonly replica: string;
  /** Where the target is: `TargetSettings.place`. */
  readonly place: string;
  readonly hard: boolean;
  /** Unix milliseconds. */
  readonly until: number;
  readonly why: string;
}

/** How often is told and looked, in milliseconds: how much later the others know. */
export const LOOK_EVERY_MS = 1000;
/** Most that is written, and most that is read, at a time. What is left over comes next time. */
const AT_ONCE = 200;
const LONGEST_WHY = 300;

/**
 * Tells the replicas that use the same store which breakers are open here, and opens those here that are open there. It is
 * a hint and never a dependency: it happens off the path of requests, and without the store each replica finds out itself.
 * Gives what ends it.
 */
export function shareHints({ states, store, clock, replica }: HintsInit): () => void {
  const changed = new Set<string>();
  /** Targets whose hint here is this replica's own doing, or was obeyed. */
  const hinted = new Set<string>();

  const tell = async (name: string): Promise<void> => {
    const state = states.find(name);
    const opening = state?.breaker.opening;
    if (opening?.by === "replica") {
      hinted.add(name);
      return;
    }
    if (state === undefined || opening === undefined) {
      if (hinted.has(name)) await store.delete(keyOf(name));
      hinted.delete(name);
      return;
    }
    const { hard, why } = opening;
    const until = Math.round(clock.wall() + opening.until - clock.monotonic());
    if (until <= clock.wall()) return;
    const hint: Hint = { replica, place: state.place, hard, until, why };
    hinted.add(name);
    await store.put(keyOf(name), Buffer.from(JSON.stringify(hint)), until);
  };

  const look = async (name: string, state: TargetState): Promise<void> => {
    state.wasAsked = false;
    const before = state.breaker.opening;
    const document = await store.get(keyOf(name));
    // What has happened here meanwhile is newer.
    if (state.breaker.opening !== before) return;
    const hint = document && readHint(document);
    if (hint === undefined) return state.closeAsElsewhere();
    if (hint.replica === replica || hint.place !== state.place) return;
    const left = hint.until - clock.wall();
    const known = before !== undefined && (before.by === "replica" || before.hard || !hint.hard);
    if (left > 0 && !known) state.openAsElsewhere(hint.hard, left, hint.why);
  };

  let busy = false;
  const turn = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    const told = [...changed].slice(0, AT_ONCE);
    for (const name of told) changed.delete(name);
    const tellings = await Promise.allSettled(told.map(tell));
    // The store says itself when it is lost, and when it is back; then the others are told.
    tellings.forEach(({ status }, i) => status === "rejected" && changed.add(told[i] as string));
    const asked = [...states.all()].filter(([, state]) => state.wasAsked).slice(0, AT_ONCE);
    await Promise.allSettled(asked.map(([name, state]) => look(name, state)));
    // Of what was forgotten nothing changes any more; its hint ends with its time.
    for (const name of hinted) if (states.find(name) === undefined) hinted.delete(name);
    busy = false;
  };

  const unfollow = states.onChange((name) => changed.add(name));
  const timer = setInterval(() => void turn(), LOOK_EVERY_MS).unref();
  return () => {
    unfollow();
    clearInterval(timer);
  };
}

function keyOf(target: string): DocumentKey {
  return { tenant: "", kind: "breaker", id: target };
}

/** Undefined where it is none: another version may have written it. */
function readHint(document: Buffer): Hint | undefined {
  try {
    const { replica, place, hard, until, why } = JSON.parse(document.toString("utf8")) as Record<string, unknown>;
    if (typeof replica !== "string" || typeof place !== "string" || typeof why !== "string") return undefined;
    if (typeof hard !== "boolean" || typeof until !== "number") return undefined;
    return { replica, place, hard, until, why: why.slice(0, LONGEST_WHY) };
  } catch {
    return undefined;
  }
}
