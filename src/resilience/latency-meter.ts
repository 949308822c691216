import type { Clock } from "../core/clock.js";
import type { TargetLatency } from "../core/target-view.js";

const HALF_LIFE_MS = 10_000;
const WINDOW_MS = 5 * 60_000;
const SAMPLES = 256;
/** Answers from which on a share of them can be told. */
const ENOUGH = 20;

/** Moving times of a target's answers, in memory that does not grow. */
export class LatencyMeter {
  readonly #clock: Clock;
  readonly #ttft = new Float64Array(SAMPLES);
  readonly #at = new Float64Array(SAMPLES).fill(Number.NEGATIVE_INFINITY);
  #count = 0;
  #ttftMs = 0;
  #perTokenMs: number | undefined;
  #measuredAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `perTokenMs`: of a token after the first; undefined where it is not known. */
  record(ttftMs: number, perTokenMs: number | undefined): void {
    const now = this.#clock.monotonic();
    const kept = this.#count === 0 ? 0 : 2 ** (-(now - this.#measuredAt) / HALF_LIFE_MS);
    const earlier = Math.min(kept, 0.8);
    this.#ttftMs = this.#ttftMs * earlier + ttftMs * (1 - earlier);
    if (perTokenMs !== undefined) {
      this.#perTokenMs =
        this.#perTokenMs === undefined ? perTokenMs : this.#perTokenMs * earlier + perTokenMs * (1 - earlier);
    }
    this.#measuredAt = now;
    const place = this.#count % SAMPLES;
    this.#ttft[place] = ttftMs;
    this.#at[place] = now;
    this.#count += 1;
  }

  now(): TargetLatency | undefined {
    if (this.#count === 0) return undefined;
    return { ttftMs: this.#ttftMs, perTokenMs: this.#perTokenMs, measuredAt: this.#measuredAt };
  }

  /** Milliseconds that the given share of the last minutes' answers did not exceed; undefined with too few of them. */
  quantile(share: number): number | undefined {
    const now = this.#clock.monotonic();
    const fresh = this.#ttft.filter((_, place) => now - (this.#at[place] as number) < WINDOW_MS);
    if (fresh.length < ENOUGH) return undefined;
    fresh.sort();
    return fresh[Math.min(fresh.length - 1, Math.ceil(share * fresh.length) - 1)];
  }
}
