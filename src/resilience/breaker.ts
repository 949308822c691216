import type { Clock } from "../core/clock.js";
import { durationInWords } from "../core/duration-words.js";
import type { Unavailable } from "../core/target-view.js";
import { type Counts, SlidingCounts } from "../core/sliding-counts.js";

/** When a target is no longer called, and when it is again; times in milliseconds, shares in a hundred. */
export interface BreakerSettings {
  /** Failures in a row that open it; 0 means that they do not. */
  readonly failures: number;
  /** How long it stays open. */
  readonly openMs: number;
  readonly windowMs: number;
  /** Share of failed attempts of the window that ejects it; 0 means that it does not. */
  readonly failurePercent: number;
  /** Least attempts of the window for a share to count. */
  readonly minAttempts: number;
  /** Time to the first content from which on an attempt is slow; undefined means that none is. */
  readonly slowMs: number | undefined;
  /** Share of slow attempts of the window that ejects it; 0 means that it does not. */
  readonly slowPercent: number;
  /** Attempts that may try it at once when it is half open. */
  readonly permits: number;
  /** How long what was ejected by a share stays out. */
  readonly ejectionMs: number;
  /** Least share of a plan's targets that ejections leave. */
  readonly panicPercent: number;
}

/** Why it was opened: by failures in a row, by a share of failed or of slow attempts, by somebody, or elsewhere. */
export type OpenedBy = "failures" | "failed_share" | "slow_share" | "operator" | "replica";

/** A breaker that is open, or half open once its time has come. */
export interface Opening {
  readonly by: OpenedBy;
  /** Whether it lets nobody in, even where too few targets are left. */
  readonly hard: boolean;
  /** Monotonic milliseconds at which a call may try it. */
  readonly until: number;
  /** Why, in words: `after 3 failures in a row, the last one provider_timeout`. */
  readonly why: string;
}

/** Leave of a breaker for one attempt, to be given back exactly once by `succeeded`, `failed`, `overtaken` or `uncounted`. */
export type Permit = number;

interface OpenState extends Opening {
  until: number;
  /** Permits of the half open state that are out, and when the last one was given. */
  out: number;
  lastGivenAt: number;
}

/**
 * Opens after failures, so that a target that is down is left alone, and lets single attempts try whether it is back.
 * Failures in a row open it hard; a share of failed or slow attempts ejects it, which panic may overrule. Half open is an
 * open one whose time has come: the first attempt that is told of decides. A pure state machine over the clock: no timer.
 */
export class Breaker {
  readonly #clock: Clock;
  #settings: BreakerSettings;
  #counts: SlidingCounts;
  #failuresInRow = 0;
  #open: OpenState | undefined;
  /** Grows when it opens and when it closes: what an attempt that began before has to tell is of another time. */
  #period = 0;

  constructor(clock: Clock, settings: BreakerSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#counts = new SlidingCounts(settings.windowMs);
  }

  /** Other settings count from now on; the state stays. */
  configure(settings: BreakerSettings): void {
    if (settings.windowMs !== this.#settings.windowMs) this.#counts = new SlidingCounts(settings.windowMs);
    this.#settings = settings;
  }

  get settings(): BreakerSettings {
    return this.#settings;
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  get counts(): Counts {
    return this.#counts.now(this.#clock.monotonic());
  }

  /** Undefined when it is closed. */
  get opening(): Opening | undefined {
    return this.#open;
  }

  /** Whether it is open and its time has come. */
  get isHalfOpen(): boolean {
    return this.#open !== undefined && this.#clock.monotonic() >= this.#open.until;
  }

  /** Why it gives no permit now; undefined when it would. */
  refusal(): Unavailable | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    const now = this.#clock.monotonic();
    const ejected = !open.hard;
    if (now < open.until) {
      const left = open.until - now;
      const reason = `its breaker is open for another ${durationInWords(left)} ${open.why}`;
      return { reason, retryAfterMs: left, ejected };
    }
    const { permits, ejectionMs } = this.#settings;
    const left = open.lastGivenAt + ejectionMs - now;
    // One that takes long, or is never told of, does not keep the others out for good.
    if (open.out < permits || left <= 0) return undefined;
    const reason = `its breaker is half open ${open.why}, and ${open.out === 1 ? "an attempt tries" : `${open.out} attempts try`} it`;
    return { reason, retryAfterMs: left, ejected };
  }

  /** Asks for leave for an attempt. `panic`: an ejection does not count. */
  ask(panic: boolean): Permit | Unavailable {
    const open = this.#open;
    if (open === undefined) return this.#period * 2;
    const refusal = this.refusal();
    if (refusal !== undefined) return panic && refusal.ejected ? this.#period * 2 : refusal;
    open.out += 1;
    open.lastGivenAt = this.#clock.monotonic();
    return this.#period * 2 + 1;
  }

  /** The attempt has answered. Gives whether the state has changed. */
  succeeded(permit: Permit, ttftMs: number | undefined): boolean {
    const isOwn = this.#takeBack(permit);
    if (!isOwn) return false;
    const { slowMs, slowPercent } = this.#settings;
    const slow = slowMs !== undefined && ttftMs !== undefined && ttftMs >= slowMs;
    const now = this.#clock.monotonic();
    this.#failuresInRow = 0;
    this.#counts.add(now, false, slow);
    const open = this.#open;
    if (open === undefined) return slow && this.#judgeShare(now, "slow_share", slowPercent);
    if (now < open.until) return false;
    if (slow && open.by === "slow_share")
      this.#opened(now, "slow_share", false, "since the attempt that tried it was slow");
    else this.close();
    return true;
  }

  /** The attempt has failed by the provider's fault. Gives whether the state has changed. */
  failed(permit: Permit, code: string): boolean {
    const isOwn = this.#takeBack(permit);
    const now = this.#clock.monotonic();
    const open = this.#open;
    if (open !== undefined && now < open.until) return this.#failedWhileOpen(isOwn, code, open, now);
    if (!isOwn) return false;
    this.#failuresInRow += 1;
    this.#counts.add(now, true, false);
    if (open === undefined) {
      return this.#judgeRow(now, code) || this.#judgeShare(now, "failed_share", this.#settings.failurePercent);
    }
    if (this.#judgeRow(now, code)) return true;
    const by = open.hard ? "failures" : "failed_share";
    this.#opened(now, by, open.hard, `after the attempt that tried it failed (${code})`);
    return true;
  }

  /**
   * The attempt was ended after so many milliseconds without content, because another was quicker: it was slow, if that was
   * long enough, and no more is known of it. Gives whether the state has changed.
   */
  overtaken(permit: Permit, ms: number): boolean {
    const isOwn = this.#takeBack(permit);
    const { slowMs, slowPercent } = this.#settings;
    if (!isOwn || this.#open !== undefined || slowMs === undefined || ms < slowMs) return false;
    const now = this.#clock.monotonic();
    this.#counts.add(now, false, true);
    return this.#judgeShare(now, "slow_share", slowPercent);
  }

  /** The attempt has told nothing of the target: it was cancelled, or what failed was the caller's doing. */
  uncounted(permit: Permit): void {
    this.#takeBack(permit);
  }

  /** Opens it from outside for so many milliseconds. `why`: in words, after `open for another 10m`. */
  open(by: "operator" | "replica", hard: boolean, ms: number, why: string): void {
    this.#period += 1;
    this.#open = { by, hard, until: this.#clock.monotonic() + ms, why, out: 0, lastGivenAt: 0 };
  }

  /** Lets attempts try it now, where it is open. Gives whether it was. */
  halfOpen(): boolean {
    const now = this.#clock.monotonic();
    if (this.#open === undefined || now >= this.#open.until) return false;
    this.#open.until = now;
    return true;
  }

  /** Closes it and forgets what was counted. */
  close(): void {
    this.#period += 1;
    this.#open = undefined;
    this.#failuresInRow = 0;
    this.#counts.clear();
  }

  /** Gives whether the permit is of the time that it is now. */
  #takeBack(permit: Permit): boolean {
    const isOwn = Math.floor(permit / 2) === this.#period;
    if (isOwn && permit % 2 === 1 && this.#open !== undefined) this.#open.out -= 1;
    return isOwn;
  }

  /** An attempt that began before it opened, or was let in by panic: it stays away from the later failure on. */
  #failedWhileOpen(isOwn: boolean, code: string, open: OpenState, now: number): boolean {
    if (isOwn) {
      this.#failuresInRow += 1;
      this.#counts.add(now, true, false);
      if (!open.hard && this.#judgeRow(now, code)) return true;
    }
    if (open.by === "operator" || open.by === "replica") return false;
    const { openMs, ejectionMs } = this.#settings;
    open.until = Math.max(open.until, now + (open.hard ? openMs : ejectionMs));
    return true;
  }

  #judgeRow(now: number, code: string): boolean {
    const { failures } = this.#settings;
    if (failures === 0 || this.#failuresInRow < failures) return false;
    const row = this.#failuresInRow === 1 ? "a failure" : `${this.#failuresInRow} failures in a row`;
    this.#opened(now, "failures", true, `after ${row}, the last one ${code}`);
    return true;
  }

  #judgeShare(now: number, by: "failed_share" | "slow_share", percent: number): boolean {
    const { minAttempts, windowMs } = this.#settings;
    const { attempts, failures, slow } = this.#counts.now(now);
    const count = by === "slow_share" ? slow : failures;
    if (percent === 0 || attempts < minAttempts || count * 100 < percent * attempts) return false;
    const what = by === "slow_share" ? "were slow" : "failed";
    this.#opened(
      now,
      by,
      false,
      `since ${count} of ${attempts} attempts of the last ${durationInWords(windowMs)} ${what}`,
    );
    return true;
  }

  #opened(now: number, by: OpenedBy, hard: boolean, why: string): void {
    const { openMs, ejectionMs } = this.#settings;
    this.#period += 1;
    this.#open = { by, hard, until: now + (hard ? openMs : ejectionMs), why, out: 0, lastGivenAt: 0 };
  }
}
