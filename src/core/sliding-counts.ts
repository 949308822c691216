/** What attempts of a window have come to. */
export interface Counts {
  /** Those that answered, and those that failed by the provider's fault. */
  readonly attempts: number;
  readonly failures: number;
  /** Those that answered slowly. */
  readonly slow: number;
}

/** Counts over a sliding window, in memory that does not grow. */
export class SlidingCounts {
  readonly #slots: number;
  readonly #slotMs: number;
  readonly #attempts: Uint32Array;
  readonly #failures: Uint32Array;
  readonly #slow: Uint32Array;
  /** Number of the newest slot: how many times its length has passed. */
  #slot = 0;
  #total = { attempts: 0, failures: 0, slow: 0 };

  /** `slots`: in how many steps the window slides over its own length. */
  constructor(windowMs: number, slots = 10) {
    this.#slots = slots;
    this.#slotMs = windowMs / slots;
    this.#attempts = new Uint32Array(slots);
    this.#failures = new Uint32Array(slots);
    this.#slow = new Uint32Array(slots);
  }

  /** `now`: monotonic milliseconds. */
  add(now: number, failed: boolean, slow: boolean): void {
    const place = this.#turn(now) % this.#slots;
    this.#attempts[place] = (this.#attempts[place] as number) + 1;
    this.#total.attempts += 1;
    if (failed) {
      this.#failures[place] = (this.#failures[place] as number) + 1;
      this.#total.failures += 1;
    }
    if (slow) {
      this.#slow[place] = (this.#slow[place] as number) + 1;
      this.#total.slow += 1;
    }
  }

  now(now: number): Counts {
    this.#turn(now);
    return this.#total;
  }

  clear(): void {
    this.#attempts.fill(0);
    this.#failures.fill(0);
    this.#slow.fill(0);
    this.#total = { attempts: 0, failures: 0, slow: 0 };
  }

  /** Forgets the slots that the window has left behind. Gives the number of the newest. */
  #turn(now: number): number {
    const slot = Math.floor(now / this.#slotMs);
    const passed = Math.min(slot - this.#slot, this.#slots);
    for (let i = 0; i < passed; i += 1) {
      const place = (slot - i) % this.#slots;
      this.#total.attempts -= this.#attempts[place] as number;
      this.#total.failures -= this.#failures[place] as number;
      this.#total.slow -= this.#slow[place] as number;
      this.#attempts[place] = 0;
      this.#failures[place] = 0;
      this.#slow[place] = 0;
    }
    this.#slot = slot;
    return slot;
  }
}
