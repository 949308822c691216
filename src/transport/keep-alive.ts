import { Bag, type Bagged } from "../core/bag.js";

/** A stream that is watched. */
export interface Watch {
  /** Something was sent. Costs next to nothing, for it is told of every frame. */
  spoke(): void;
  /** The stream has ended. */
  stop(): void;
}

/** Checks in one time of silence: how exactly it is kept. */
const CHECKS = 5;

/** Watches streams that may fall silent: one timer for all of them, which runs while there are any. */
export class KeepAlive {
  readonly #checkMs: number;
  readonly #entries = new Bag<Entry>();
  #timer: NodeJS.Timeout | undefined;

  /** `silenceMs`: the longest that a stream is silent, well below the minute after which proxies give up. */
  constructor(silenceMs = 15_000) {
    this.#checkMs = Math.max(1, silenceMs / CHECKS);
  }

  /** Calls `send` after every time of silence, until the watch is stopped. */
  watch(send: () => void): Watch {
    const entry: Entry = { place: -1, send, checks: 0 };
    this.#entries.add(entry);
    this.#timer ??= setInterval(() => this.#check(), this.#checkMs).unref();
    return {
      spoke: () => {
        entry.checks = 0;
      },
      stop: () => {
        this.#entries.remove(entry);
        if (this.#entries.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  #check(): void {
    for (const entry of this.#entries.all()) {
      entry.checks += 1;
      if (entry.checks < CHECKS) continue;
      entry.checks = 0;
      entry.send();
    }
  }
}

interface Entry extends Bagged {
  readonly send: () => void;
  /** Checks since something was sent. */
  checks: number;
}
