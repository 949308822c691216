import type { Clock } from "../core/clock.js";

/** What is begun with, before anything is known of the target. */
const FIRST_LIMIT = 10;
/** Least time and least answers from which the limit is judged anew. */
const WINDOW_MS = 1000;
const WINDOW_ANSWERS = 20;
/** How many times its usual time an answer may take before the target counts as full. */
const TOLERANCE = 1.5;
/** How much of the way to what a window asks for is gone at once. */
const STEP = 0.5;
/** What is left of the limit after the target said that it has too much. */
const BACK_OFF = 0.8;
/** How fast the usual time follows shorter ones, and longer ones. */
const FALL = 0.3;
const RISE = 0.02;
/** Windows at the limit after which one is spent at half of it, to learn how fast the target is when it is not full. */
const PROBE_AFTER = 60;
/** Share of the limit that must be gone, with the slowness unchanged, before it counts as the target's own. */
const GONE = 0.5;
const UNCHANGED = 0.8;

/**
 * Finds how many attempts a target bears at once, from how long its answers take: while they take as long as they usually
 * do there is room for more, by the square root of the limit; where they grow slower, the target queues, and the limit
 * shrinks by the ratio of the usual time to theirs. The idea is the gradient of Netflix's concurrency-limits
 * (https://github.com/Netflix/concurrency-limits, `Gradient2Limit`) and the headroom that of Envoy's adaptive concurrency
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/adaptive_concurrency_filter).
 *
 * Unlike the former it does not learn the slowness that its own limit makes as usual: longer times are learned only while
 * the limit is not reached, or when half of it is gone and the answers are as slow as before. And where the limit is reached
 * all the time, one window in sixty is spent at half of it.
 */
export class AdaptiveLimit {
  readonly #clock: Clock;
  #max: number;
  #limit: number;
  readonly #streams = new Usual();
  readonly #wholes = new Usual();
  /** Most attempts at once in this window. */
  #peak = 0;
  #windowFrom: number;
  #backedOffAt = Number.NEGATIVE_INFINITY;
  /** The limit, and how slow answers were, at the slowest since it began to shrink; undefined while it does not. */
  #shrinking: { readonly limit: number; readonly slowness: number } | undefined;

  /** Windows at the limit since the last probe. */
  #reached = 0;
  /** While a probe runs, the limit after it. */
  #afterProbe: number | undefined;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
    this.#limit = Math.min(FIRST_LIMIT, max);
    this.#windowFrom = clock.monotonic();
  }

  /** Attempts that may run at once: a whole number, 1 at least. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  /** Another upper bound counts from now on. */
  setMax(max: number): void {
    this.#max = max;
    this.#limit = Math.min(this.#limit, max);
    if (this.#afterProbe !== undefined) this.#afterProbe = Math.min(this.#afterProbe, max);
  }

  /**
   * The first content of an attempt has come, or its whole answer where it is not streamed, after `ms`. `inFlight`:
   * attempts that run now, this one included.
   */
  answered(ms: number, streamed: boolean, inFlight: number): void {
    const now = this.#clock.monotonic();
    // What began before tells of the limit as it was: to judge by it would be to steer by a mirror.
    if (now - ms < this.#windowFrom) return;
    (streamed ? this.#streams : this.#wholes).add(ms);
    this.#peak = Math.max(this.#peak, inFlight);
    const answers = this.#streams.count + this.#wholes.count;
    // A limit of one would have to wait for ten answers one after another.
    if (answers < Math.min(WINDOW_ANSWERS, 2 * this.limit) || now - this.#windowFrom < WINDOW_MS) return;
    this.#judge();
    this.#endWindow();
  }

  /** An attempt has failed for too much load. `startedAt`: monotonic milliseconds; what began before the last back-off is of one cause with it. */
  overloaded(startedAt: number): void {
    if (startedAt <= this.#backedOffAt) return;
    this.#backedOffAt = this.#clock.monotonic();
    this.#limit = Math.max(1, (this.#afterProbe ?? this.#limit) * BACK_OFF);
    this.#afterProbe = undefined;
    this.#endWindow();
  }

  #judge(): void {
    const { count } = this.#streams;
    const others = this.#wholes.count;
    const slowness = (this.#streams.slowness * count + this.#wholes.slowness * others) / (count + others);
    const isReached = this.#peak >= this.limit;
    const isItsOwn = slowness > TOLERANCE && this.#isItsOwn(slowness);
    if (slowness <= TOLERANCE) this.#shrinking = undefined;
    this.#learn(isItsOwn ? 1 : isReached ? 0 : RISE);
    if (this.#afterProbe === undefined) this.#adjust(slowness);
    else this.#limit = this.#afterProbe;
    this.#afterProbe = undefined;
    if (isReached) this.#reached += 1;
    if (this.#reached < PROBE_AFTER) return;
    this.#reached = 0;
    this.#afterProbe = this.#limit;
    this.#limit = Math.max(1, this.#limit / 2);
  }

  #adjust(slowness: number): void {
    const gradient = Math.max(0.5, Math.min(1, TOLERANCE / slowness));
    // A limit that grows while nobody needs it would not be one when somebody does.
    if (gradient === 1 && this.#peak * 2 < this.#limit) return;
    const wanted = this.#limit * gradient + Math.sqrt(this.#limit);
    const next = this.#limit + STEP * (wanted - this.#limit);
    this.#limit = Math.max(1, Math.min(this.#max, next));
  }

  /** Whether less load has not made the target faster: then it is slow by itself. */
  #isItsOwn(slowness: number): boolean {
    const from = this.#shrinking;
    if (from === undefined || slowness * UNCHANGED > from.slowness) {
      this.#shrinking = { limit: this.#limit, slowness };
      return false;
    }
    if (this.#limit > from.limit * GONE) return false;
    this.#shrinking = { limit: this.#limit, slowness };
    return slowness > from.slowness * UNCHANGED;
  }

  #learn(rise: number): void {
    this.#streams.learn(rise);
    this.#wholes.learn(rise);
  }

  #endWindow(): void {
    this.#streams.clear();
    this.#wholes.clear();
    this.#peak = 0;
    this.#windowFrom = this.#clock.monotonic();
  }
}

/** How long answers of one kind usually take, and how long those of the window did. */
class Usual {
  count = 0;
  #sum = 0;
  #usual: number | undefined;

  add(ms: number): void {
    this.count += 1;
    this.#sum += ms;
  }

  /** How many times their usual time the window's answers took. */
  get slowness(): number {
    if (this.count === 0 || !this.#usual) return 1;
    return this.#sum / this.count / this.#usual;
  }

  /** `rise`: how much of the way to longer times is gone. */
  learn(rise: number): void {
    if (this.count === 0) return;
    const mean = this.#sum / this.count;
    this.#usual ??= mean;
    this.#usual += (mean - this.#usual) * (mean < this.#usual ? FALL : rise);
  }

  clear(): void {
    this.count = 0;
    this.#sum = 0;
  }
}
