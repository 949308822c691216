import type { WriteRecord } from "../core/write-record.js";

/** What a target's log line tells of it. */
interface TargetFacts {
  readonly drained: boolean;
  /** Undefined when the breaker is closed. `until`: monotonic milliseconds. */
  readonly breaker: { readonly opening: { readonly until: number; readonly why: string } | undefined };
}

/**
 * One log line whenever a target begins to be left alone, with the reason, and when it is called again. A failure that
 * moves the end of that time on is no news, nor is one of the attempts that try it.
 */
export function createTargetObservation(write: WriteRecord, now: () => number) {
  // By the state itself, so that nothing is held of a target that is forgotten.
  const told = new WeakMap<TargetFacts, "open" | "drained">();
  return (target: string, facts: TargetFacts): void => {
    const { opening } = facts.breaker;
    const state = facts.drained ? "drained" : opening === undefined ? undefined : "open";
    if (state === told.get(facts)) return;
    if (state === undefined) told.delete(facts);
    else told.set(facts, state);
    const isOpen = state === "open" && opening !== undefined;
    write(isOpen ? "warn" : "info", {
      msg: "target",
      target,
      state: state ?? "closed",
      reason: isOpen ? opening.why : undefined,
      open_ms: isOpen ? Math.max(0, Math.round(opening.until - now())) : undefined,
    });
  };
}
