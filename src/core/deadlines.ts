/** What a deadline was set for; `cancel` when it is no longer needed. */
export interface Deadline {
  cancel(): void;
}

const SLOTS = 512;

/**
 * One timer for all exchanges: a wheel of slots, one slot a tick. A timer of its own for every request costs more than
 * the request's routing. Deadlines fire up to one tick late, never early.
 */
export class Deadlines {
  readonly #tickMs: number;
  readonly #slots: Set<Entry>[] = Array.from({ length: SLOTS }, () => new Set<Entry>());
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;
  #count = 0;

  /** `tickMs`: how late a deadline may fire. */
  constructor(tickMs = 50) {
    this.#tickMs = tickMs;
  }

  /** Calls `fire` once `ms` have passed, unless it is cancelled before. */
  after(ms: number, fire: () => void): Deadline {
    const ticks = Math.max(1, Math.ceil(ms / this.#tickMs) + 1);
    const slot = this.#slots[(this.#tick + ticks) % SLOTS] as Set<Entry>;
    const entry: Entry = { due: this.#tick + ticks, fire, slot };
    slot.add(entry);
    this.#count += 1;
    this.#timer ??= setInterval(() => this.#turn(), this.#tickMs).unref();
    return {
      cancel: () => {
        if (slot.delete(entry)) this.#count -= 1;
      },
    };
  }

  #turn(): void {
    this.#tick += 1;
    const slot = this.#slots[this.#tick % SLOTS] as Set<Entry>;
    for (const entry of slot) {
      if (entry.due > this.#tick) continue;
      slot.delete(entry);
      this.#count -= 1;
      entry.fire();
    }
    // Here and not with the last deadline: one request after another would start and stop the timer each time.
    if (this.#count > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

interface Entry {
  readonly due: number;
  readonly fire: () => void;
  readonly slot: Set<Entry>;
}
