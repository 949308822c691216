import { Bag, type Bagged } from "./bag.js";

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
  readonly #slots: Bag<Entry>[] = Array.from({ length: SLOTS }, () => new Bag<Entry>());
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
    const entry = new Entry(this, this.#tick + ticks, fire);
    (this.#slots[entry.due % SLOTS] as Bag<Entry>).add(entry);
    this.#count += 1;
    this.#timer ??= setInterval(() => this.#turn(), this.#tickMs).unref();
    return entry;
  }

  /** For entries alone. */
  cancel(entry: Entry): void {
    if ((this.#slots[entry.due % SLOTS] as Bag<Entry>).remove(entry)) this.#count -= 1;
  }

  #turn(): void {
    this.#tick += 1;
    const slot = this.#slots[this.#tick % SLOTS] as Bag<Entry>;
    for (const entry of slot.all()) {
      // One that fires may cancel others.
      if (entry.due > this.#tick || !slot.remove(entry)) continue;
      this.#count -= 1;
      entry.fire();
    }
    // Here and not with the last deadline: one request after another would start and stop the timer each time.
    if (this.#count > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

class Entry implements Deadline, Bagged {
  place = -1;
  readonly due: number;
  readonly fire: () => void;
  readonly #wheel: Deadlines;

  constructor(wheel: Deadlines, due: number, fire: () => void) {
    this.#wheel = wheel;
    this.due = due;
    this.fire = fire;
  }

  cancel(): void {
    this.#wheel.cancel(this);
  }
}
