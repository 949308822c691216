import type { Clock } from "../../src/core/clock.js";
import { type Deadline, Deadlines } from "../../src/core/deadlines.js";

/** Time that stands still until a test turns it. */
export interface FakeTime {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Deadlines that wait. */
  readonly waiting: number;
  /** Lets milliseconds pass: what is due fires at its own moment, in order, each after the promises of the one before. */
  pass(milliseconds: number): Promise<void>;
  /** Lets time pass to the next deadline; false when none waits. */
  passToNext(): Promise<boolean>;
}

/** Begins at a moment in 2026. */
export function createFakeTime(): FakeTime {
  const began = Date.UTC(2026, 0, 1);
  let now = 0;
  const due = new Set<{ readonly at: number; readonly fire: () => void }>();
  const earliest = (): { readonly at: number; readonly fire: () => void } | undefined => {
    let first: { readonly at: number; readonly fire: () => void } | undefined;
    for (const entry of due) if (first === undefined || entry.at < first.at) first = entry;
    return first;
  };
  class FakeDeadlines extends Deadlines {
    override after(milliseconds: number, fire: () => void): Deadline {
      const entry = { at: now + milliseconds, fire };
      due.add(entry);
      return { cancel: () => void due.delete(entry) };
    }
  }
  const fire = async (entry: { readonly at: number; readonly fire: () => void }): Promise<void> => {
    due.delete(entry);
    now = Math.max(now, entry.at);
    entry.fire();
    await settled();
  };
  return {
    clock: { monotonic: () => now, wall: () => began + now },
    deadlines: new FakeDeadlines(),
    get waiting() {
      return due.size;
    },
    async pass(milliseconds) {
      const end = now + milliseconds;
      await settled();
      for (let next = earliest(); next !== undefined && next.at <= end; next = earliest()) await fire(next);
      now = end;
    },
    async passToNext() {
      const next = earliest();
      if (next !== undefined) await fire(next);
      return next !== undefined;
    },
  };
}

/** Until all promises have run that wait for nothing but each other. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
