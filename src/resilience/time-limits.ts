import type { CallTimeouts } from "../core/call-timeouts.js";
import type { Clock } from "../core/clock.js";
import type { Deadline, Deadlines } from "../core/deadlines.js";
import { type ErrorCode, ParlanceError } from "../sdk/index.js";

/** Over how long the rate of a stream is measured. */
const WINDOW_MS = 10_000;
/** How often a limit that is due is looked at again while the caller does not read. */
const PAUSED_LOOK_MS = 1000;

/** An attempt whose time is limited. */
export interface TimeLimited {
  readonly committed: boolean;
  /** Bytes of the answer so far. */
  received(): number;
  fail(error: ParlanceError): void;
}

/** With what the time of attempts is measured. */
export interface Timekeeping {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

/** Whether an attempt has limits that its connection does not watch over itself. */
export function hasTimeLimits({ attemptMs }: CallTimeouts, stream: boolean): boolean {
  return stream || attemptMs !== undefined;
}

/**
 * Ends an attempt that is late: without content, too slow after it, or too long as a whole. Time in which the caller does
 * not read is not the provider's, and counts for none of them. One deadline at a time, whatever is limited.
 */
export class TimeLimits {
  readonly #limited: TimeLimited;
  readonly #timeouts: CallTimeouts;
  readonly #stream: boolean;
  readonly #time: Timekeeping;
  readonly #startedAt: number;
  #deadline: Deadline | undefined;
  #pausedAt: number | undefined;
  #pausedMs = 0;
  /** Of the stream's rate: when it began to be measured, by the provider's time, and at how many bytes. */
  #windowAt = 0;
  #windowBytes = 0;

  /** To be made when the call begins. */
  constructor(limited: TimeLimited, timeouts: CallTimeouts, stream: boolean, time: Timekeeping) {
    this.#limited = limited;
    this.#timeouts = timeouts;
    this.#stream = stream;
    this.#time = time;
    this.#startedAt = time.clock.monotonic();
    this.#arm();
  }

  /** The first content has come. */
  committed(): void {
    const { minRate, attemptMs } = this.#timeouts;
    this.#windowAt = this.#providersTime();
    this.#windowBytes = this.#limited.received();
    if (minRate > 0 || attemptMs === undefined) this.#arm();
  }

  /** The caller does not read. */
  paused(): void {
    this.#pausedAt ??= this.#time.clock.monotonic();
  }

  resumed(): void {
    if (this.#pausedAt === undefined) return;
    this.#pausedMs += this.#time.clock.monotonic() - this.#pausedAt;
    this.#pausedAt = undefined;
  }

  stop(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }

  #arm(): void {
    this.stop();
    const left = this.#leftMs();
    if (left === Number.POSITIVE_INFINITY) return;
    const wait = this.#pausedAt === undefined ? left : Math.max(left, PAUSED_LOOK_MS);
    this.#deadline = this.#time.deadlines.after(wait, () => this.#look());
  }

  /** Milliseconds until the next limit is due. */
  #leftMs(): number {
    const { firstContentMs, minRate, attemptMs } = this.#timeouts;
    const time = this.#providersTime();
    const whole = (attemptMs ?? Number.POSITIVE_INFINITY) - time;
    if (!this.#stream) return whole;
    if (!this.#limited.committed) return Math.min(whole, firstContentMs - time);
    return minRate > 0 ? Math.min(whole, this.#windowAt + WINDOW_MS - time) : whole;
  }

  #look(): void {
    const { firstContentMs, minRate, attemptMs } = this.#timeouts;
    const { committed } = this.#limited;
    const time = this.#providersTime();
    if (attemptMs !== undefined && time >= attemptMs) {
      return this.#fail("provider_timeout", `The provider's answer was not whole within ${attemptMs} ms`, "attempt");
    }
    if (this.#stream && !committed && time >= firstContentMs) {
      const what = `The provider's stream had no content within ${firstContentMs} ms`;
      return this.#fail("provider_timeout", what, "first_content");
    }
    if (committed && minRate > 0 && time >= this.#windowAt + WINDOW_MS) {
      const bytes = this.#limited.received();
      const rate = ((bytes - this.#windowBytes) * 1000) / (time - this.#windowAt);
      if (rate < minRate) {
        const what = `The provider's stream brought ${Math.floor(rate)} bytes a second, less than ${minRate}`;
        return this.#fail("stream_stalled", what, "min_rate");
      }
      this.#windowAt = time;
      this.#windowBytes = bytes;
    }
    this.#arm();
  }

  #fail(code: ErrorCode, what: string, setting: string): void {
    this.#limited.fail(new ParlanceError(code, `${what} (${this.#timeouts.settings ?? "timeouts"}.${setting}).`));
  }

  /** Milliseconds since the call began in which the provider could be waited for. */
  #providersTime(): number {
    const now = this.#pausedAt ?? this.#time.clock.monotonic();
    return now - this.#startedAt - this.#pausedMs;
  }
}
