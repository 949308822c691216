import type { Clock } from "../core/clock.js";
import type { TargetLatency } from "../core/target-view.js";

/** Time after which an earlier measurement counts half, where nothing is configured. */
const HALF_LIFE_MS = 10_000;
const WINDOW_MS = 5 * 60_000;
const SAMPLES = 256;
/** Answers from which on a share of them can be told. */
const ENOUGH = 20;
/** From this on what was known before is forgotten for a quicker answer: some two half-lives old. */
const FORGOTTEN = 0.3;
/** Most that what was known before counts against a slower answer, and against a quicker one. */
const AGAINST_SLOWER = 0.5;
const AGAINST_QUICKER = 0.7;

/** Answers, and milliseconds, after which a quantile is found anew. */
const SORT_AFTER = 8;
const SORT_MS = 250;

interface Quantile {
  readonly share: number;
  readonly ms: number | undefined;
  readonly count: number;
  readonly at: number;
}

/**
 * Moving times of a target's answers, in memory that does not grow with them. It believes bad news sooner than good: a
 * slower answer counts half at once, a quicker one as much as time has passed, twice as fast. An attempt that has waited
 * for longer than answers took is news too, before it is answered.
 */
export class LatencyMeter {
  readonly #clock: Clock;
  readonly #ttft = new Float64Array(SAMPLES);
  readonly #at = new Float64Array(SAMPLES).fill(Number.NEGATIVE_INFINITY);
  /** When attempts began that have no content yet, the earliest first. */
  readonly #waiting = new Map<object, number>();
  #halfLifeMs = HALF_LIFE_MS;
  #count = 0;
  #ttftMs = 0;
  #perTokenMs: number | undefined;
  #measuredAt = 0;
  /** The quantile that was asked for last: every hedged request asks, and to sort costs as much as its planning. */
  #quantile: Quantile = { share: 0, ms: undefined, count: 0, at: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined means the usual half-life. */
  configure(halfLifeMs: number | undefined = HALF_LIFE_MS): void {
    this.#halfLifeMs = halfLifeMs;
  }

  /** An attempt begins, that is told apart by `attempt`. */
  began(attempt: object): void {
    this.#waiting.set(attempt, this.#clock.monotonic());
  }

  /** Its first content has come, or its whole answer where it is not streamed. */
  answered(attempt: object, ttftMs: number): void {
    this.#waiting.delete(attempt);
    this.record(ttftMs);
  }

  /** It has ended, answered or not. `perTokenMs`: of a token after the first; undefined where it is not known. */
  ended(attempt: object, perTokenMs: number | undefined): void {
    this.#waiting.delete(attempt);
    if (perTokenMs === undefined) return;
    this.#perTokenMs = this.#perTokenMs === undefined ? perTokenMs : (this.#perTokenMs + perTokenMs) / 2;
  }

  /** Takes a measurement. */
  record(ttftMs: number): void {
    const now = this.#clock.monotonic();
    const kept = this.#count === 0 ? 0 : 2 ** (-(now - this.#measuredAt) / this.#halfLifeMs);
    const earlier =
      ttftMs > this.#ttftMs
        ? Math.min(kept, AGAINST_SLOWER)
        : kept < FORGOTTEN
          ? 0
          : Math.min(kept ** 2, AGAINST_QUICKER);
    this.#ttftMs = this.#ttftMs * earlier + ttftMs * (1 - earlier);
    this.#measuredAt = now;
    const place = this.#count % SAMPLES;
    this.#ttft[place] = ttftMs;
    this.#at[place] = now;
    this.#count += 1;
  }

  now(): TargetLatency | undefined {
    if (this.#count === 0) return undefined;
    const ttftMs = Math.max(this.#ttftMs, this.#longestWait());
    return { ttftMs, perTokenMs: this.#perTokenMs, measuredAt: this.#measuredAt };
  }

  #longestWait(): number {
    for (const since of this.#waiting.values()) return this.#clock.monotonic() - since;
    return 0;
  }

  /** Milliseconds that the given share of the last minutes' answers did not exceed; undefined with too few of them. */
  quantile(share: number): number | undefined {
    const now = this.#clock.monotonic();
    const known = this.#quantile;
    const isFresh = known.share === share && this.#count - known.count < SORT_AFTER && now - known.at < SORT_MS;
    if (known.ms !== undefined && isFresh) return known.ms;
    const ms = this.#sort(share, now);
    this.#quantile = { share, ms, count: this.#count, at: now };
    return ms;
  }

  #sort(share: number, now: number): number | undefined {
    const fresh = this.#ttft.filter((_, place) => now - (this.#at[place] as number) < WINDOW_MS);
    if (fresh.length < ENOUGH) return undefined;
    fresh.sort();
    return fresh[Math.min(fresh.length - 1, Math.ceil(share * fresh.length) - 1)];
  }
}
