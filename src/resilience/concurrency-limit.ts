import type { Deadline, Deadlines } from "../core/deadlines.js";
import type { Caller, CancelListener, Exchange } from "../core/exchange.js";
import { FairQueue, type QueuePlace } from "./fair-queue.js";

/** How many run at once, and how many wait for their turn. */
export interface ConcurrencySettings {
  /** `Infinity` means no limit. */
  readonly maxInFlight: number;
  /** Most that wait; 0 means that none does. */
  readonly queue: number;
  /** Most milliseconds that one waits. */
  readonly queueTimeoutMs: number;
}

/**
 * What became of an exchange that asked for a slot: it has one, the queue is full, it waited for too long, or it was
 * cancelled while it waited.
 */
export type Turn = "slot" | "full" | "late" | "cancelled";

/** Says of a wait that is over for nothing when it may be worth coming back, in milliseconds. */
export const RETRY_AFTER_MS = 1000;

/** Hands out slots, and keeps a bounded queue of those for whom there is none, in which callers take turns. */
export class ConcurrencyLimit {
  readonly #deadlines: Deadlines;
  #settings: ConcurrencySettings;
  #limit: number;
  #inFlight = 0;
  #queue: FairQueue<Waiter> | undefined;

  constructor(deadlines: Deadlines, settings: ConcurrencySettings) {
    this.#deadlines = deadlines;
    this.#settings = settings;
    this.#limit = settings.maxInFlight;
  }

  /** Slots that are taken. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Those that wait for one. */
  get queued(): number {
    return this.#queue?.size ?? 0;
  }

  /** Slots that there are now. */
  get limit(): number {
    return this.#limit;
  }

  /** Other settings count from now on; who waits already goes on waiting. */
  configure(settings: ConcurrencySettings): void {
    this.#settings = settings;
    this.setLimit(settings.maxInFlight);
  }

  /** Changes how many slots there are. Fewer than are taken means that none is handed out until enough came back. */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#fill();
  }

  /** Whether a caller would find neither a slot nor a place in the queue. */
  isFullFor(caller: Caller | undefined): boolean {
    return this.#inFlight >= this.#limit && this.queued >= this.#settings.queue && !this.#givesWay(caller?.key);
  }

  /** Asks for a slot. One that was got must be given back, exactly once. */
  take(exchange: Exchange): Turn | Promise<Turn> {
    if (this.#inFlight < this.#limit) {
      this.#inFlight += 1;
      return "slot";
    }
    if (exchange.cancelled !== undefined) return "cancelled";
    const caller = exchange.caller?.key;
    if (this.queued >= this.#settings.queue) {
      if (!this.#givesWay(caller)) return "full";
      this.#queue?.popOfLongest()?.end("full");
    }
    return new Promise((resolve) => {
      this.#queue ??= new FairQueue();
      const waiter = new Waiter(this, exchange, resolve);
      waiter.place = this.#queue.add(caller, waiter);
      waiter.deadline = this.#deadlines.after(this.#settings.queueTimeoutMs, () => this.leave(waiter, "late"));
      exchange.whenCancelled(waiter);
    });
  }

  /** Gives a slot back; the next in the queue has it. */
  give(): void {
    this.#inFlight -= 1;
    this.#fill();
  }

  /** For waiters alone: one leaves the queue without a slot. */
  leave(waiter: Waiter, turn: Turn): void {
    if (waiter.place !== undefined && this.#queue?.remove(waiter.place)) waiter.end(turn);
  }

  /**
   * A full queue has room for a caller of whom fewer wait than of another: the newest of the one with most gives way.
   * Else who fills the queue would shut out all others.
   */
  #givesWay(caller: string | undefined): boolean {
    const queue = this.#queue;
    return queue !== undefined && queue.lengthOf(caller) + 1 < queue.longest;
  }

  #fill(): void {
    while (this.#inFlight < this.#limit) {
      const waiter = this.#queue?.shift();
      if (waiter === undefined) return;
      this.#inFlight += 1;
      waiter.end("slot");
    }
  }
}

/** An exchange that waits for a slot. */
class Waiter implements CancelListener {
  place: QueuePlace<Waiter> | undefined;
  deadline: Deadline | undefined;
  readonly #limit: ConcurrencyLimit;
  readonly #exchange: Exchange;
  readonly #resolve: (turn: Turn) => void;

  constructor(limit: ConcurrencyLimit, exchange: Exchange, resolve: (turn: Turn) => void) {
    this.#limit = limit;
    this.#exchange = exchange;
    this.#resolve = resolve;
  }

  cancelled(): void {
    this.#limit.leave(this, "cancelled");
  }

  /** To be called once it is out of the queue. */
  end(turn: Turn): void {
    this.deadline?.cancel();
    this.#exchange.whenCancelled(undefined);
    this.#resolve(turn);
  }
}
