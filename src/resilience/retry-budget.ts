import type { Clock } from "../core/clock.js";
import type { RetryPolicy } from "../core/route-policy.js";

const SLOT_MS = 1000;
const SLOTS = 10;
/** Targets are named by callers: those that have not failed of late are forgotten first. */
const MAX_KNOWN = 1000;

/**
 * How many retries each target may have, so that more load does not meet what fails already: a share of its first attempts
 * of the last ten seconds, and a few in any case. A target is counted from its first failure on, so that one which never
 * fails costs nothing.
 */
export class RetryBudgets {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Counts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A target gets an attempt that is no retry. */
  began(target: string): void {
    if (this.#counts.size > 0) this.#counts.get(target)?.add(this.#slot(), 1, 0);
  }

  /** Takes a retry of the target out of its budget; false when there is none left. */
  spend(target: string, { budgetPercent, minRetries }: RetryPolicy): boolean {
    const slot = this.#slot();
    const counts = this.#counts.get(target) ?? this.#open(target, slot);
    const { firsts, retries } = counts.sum(slot);
    if (retries >= Math.max(minRetries, (firsts * budgetPercent) / 100)) return false;
    counts.add(slot, 0, 1);
    return true;
  }

  #open(target: string, slot: number): Counts {
    if (this.#counts.size >= MAX_KNOWN) {
      for (const [name, { last }] of this.#counts) if (slot - last >= SLOTS) this.#counts.delete(name);
      // Many names at once: the one that is known for longest begins anew.
      if (this.#counts.size >= MAX_KNOWN) this.#counts.delete(this.#counts.keys().next().value as string);
    }
    const counts = new Counts();
    // The attempt that has just failed.
    counts.add(slot, 1, 0);
    this.#counts.set(target, counts);
    return counts;
  }

  #slot(): number {
    return Math.floor(this.#clock.monotonic() / SLOT_MS);
  }
}

/** Counts over a sliding window. */
class Counts {
  last = 0;
  readonly #firsts = new Uint32Array(SLOTS);
  readonly #retries = new Uint32Array(SLOTS);

  add(slot: number, firsts: number, retries: number): void {
    this.#turn(slot);
    const index = slot % SLOTS;
    this.#firsts[index] = (this.#firsts[index] as number) + firsts;
    this.#retries[index] = (this.#retries[index] as number) + retries;
  }

  sum(slot: number): { firsts: number; retries: number } {
    this.#turn(slot);
    const sum = (counts: Uint32Array): number => counts.reduce((all, one) => all + one, 0);
    return { firsts: sum(this.#firsts), retries: sum(this.#retries) };
  }

  #turn(slot: number): void {
    for (let passed = Math.min(slot - this.last, SLOTS); passed > 0; passed -= 1) {
      const index = (slot - passed + 1) % SLOTS;
      this.#firsts[index] = 0;
      this.#retries[index] = 0;
    }
    this.last = slot;
  }
}
