import type { Clock } from "../core/clock.js";
import { durationInWords } from "../core/duration-words.js";
import type { ParlanceError } from "../sdk/index.js";

/** How a target is let in, and when it is out again; shares in a hundred, times in milliseconds. */
export interface CanaryPolicy {
  /** In order, one at least; the last one's share stays. */
  readonly steps: readonly CanaryStep[];
  /** Share of failed attempts from which on it falls back. */
  readonly maxErrorPercent: number;
  /** Median time to the first content from which on it falls back; undefined means that it may be slow. */
  readonly maxTtftMs: number | undefined;
  /** Attempts of a step before it is judged. */
  readonly minAttempts: number;
}

/** One step of a canary. */
export interface CanaryStep {
  /** Requests that it gets. */
  readonly percent: number;
  /** Undefined means for ever. */
  readonly durationMs: number | undefined;
}

/** Attempts of a step by which it is judged: the last ones, so that a good past does not hide a bad present. */
const JUDGED = 200;

const enum Mark {
  Answered,
  Slow,
  Failed,
}

/**
 * A target whose share of a route's requests grows by steps, and that falls back to none by itself when its attempts of the
 * step fail or are slow, or its breaker opens. It stays so until it is reset. A state machine over the clock: no timer.
 */
export class Canary {
  readonly #policy: CanaryPolicy;
  readonly #clock: Clock;
  #startedAt: number;
  #step = 0;
  /** The last attempts of the step, oldest overwritten. */
  readonly #marks: Uint8Array;
  #attempts = 0;
  #failed = 0;
  #slow = 0;
  #fallen: { readonly at: number; readonly why: string } | undefined;

  constructor(policy: CanaryPolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.#marks = new Uint8Array(Math.max(policy.minAttempts, JUDGED));
  }

  /** The share of requests that it gets now, from 0 to 1. */
  share(): number {
    if (this.#fallen !== undefined) return 0;
    this.#turn();
    return (this.#policy.steps[this.#step]?.percent ?? 0) / 100;
  }

  /**
   * An attempt at it has ended. `ttftMs`: milliseconds to its first content. Gives why it falls back, in words, where it
   * does by this one. What is not the provider's doing does not count.
   */
  attempted(error: ParlanceError | undefined, ttftMs: number | undefined): string | undefined {
    if (this.#fallen !== undefined || (error !== undefined && error.rule.fault !== "provider")) return undefined;
    this.#turn();
    const { maxTtftMs } = this.#policy;
    const slow = maxTtftMs !== undefined && ttftMs !== undefined && ttftMs >= maxTtftMs;
    this.#mark(error !== undefined ? Mark.Failed : slow ? Mark.Slow : Mark.Answered);
    const why = this.#verdict();
    if (why !== undefined) this.#fallen = { at: this.#clock.monotonic(), why };
    return why;
  }

  /** Its breaker has opened, before so many attempts were made that they could judge it. Gives why it falls back now. */
  broke(why: string): string | undefined {
    if (this.#fallen !== undefined) return undefined;
    this.#fallen = { at: this.#clock.monotonic(), why: `its breaker opened ${why}` };
    return this.#fallen.why;
  }

  /** It begins anew, with its first step. */
  reset(): void {
    this.#fallen = undefined;
    this.#startedAt = this.#clock.monotonic();
    this.#begin(0);
  }

  /** How it does, for who operates it. */
  words(): string {
    const now = this.#clock.monotonic();
    if (this.#fallen !== undefined) {
      return `fell back ${durationInWords(now - this.#fallen.at)} ago: ${this.#fallen.why}`;
    }
    this.#turn();
    const { steps } = this.#policy;
    const step = steps[this.#step] as CanaryStep;
    const until = endOf(steps, this.#step);
    const left = this.#step === steps.length - 1 ? undefined : this.#startedAt + until - now;
    const rest = left === undefined ? "" : ` for another ${durationInWords(left)}`;
    return `step ${this.#step + 1} of ${steps.length}: ${step.percent} % of the requests${rest}; ${this.#counts()}`;
  }

  #counts(): string {
    const judged = this.#judged();
    const slow = this.#policy.maxTtftMs === undefined ? "" : `, ${this.#slow} slow`;
    return `${judged} ${judged === 1 ? "attempt" : "attempts"}, ${this.#failed} failed${slow}`;
  }

  #judged(): number {
    return Math.min(this.#attempts, this.#marks.length);
  }

  #verdict(): string | undefined {
    const judged = this.#judged();
    const { minAttempts, maxErrorPercent, maxTtftMs } = this.#policy;
    if (judged < minAttempts) return undefined;
    if (this.#failed > 0 && this.#failed * 100 >= maxErrorPercent * judged) {
      return `${this.#failed} of ${judged} attempts failed, with ${maxErrorPercent} % as the limit`;
    }
    const answered = judged - this.#failed;
    if (maxTtftMs === undefined || this.#slow * 2 <= answered) return undefined;
    return `more than half of ${answered} answers took ${durationInWords(maxTtftMs)} or longer to begin`;
  }

  #mark(mark: Mark): void {
    const place = this.#attempts % this.#marks.length;
    if (this.#attempts >= this.#marks.length) this.#count(this.#marks[place] as Mark, -1);
    this.#marks[place] = mark;
    this.#attempts += 1;
    this.#count(mark, 1);
  }

  #count(mark: Mark, by: 1 | -1): void {
    if (mark === Mark.Failed) this.#failed += by;
    else if (mark === Mark.Slow) this.#slow += by;
  }

  /** Goes to the step whose time it is. */
  #turn(): void {
    const { steps } = this.#policy;
    const elapsed = this.#clock.monotonic() - this.#startedAt;
    let step = this.#step;
    while (step < steps.length - 1 && elapsed >= endOf(steps, step)) step += 1;
    if (step !== this.#step) this.#begin(step);
  }

  #begin(step: number): void {
    this.#step = step;
    this.#attempts = 0;
    this.#failed = 0;
    this.#slow = 0;
  }
}

/** Milliseconds from the first start at which a step ends. */
function endOf(steps: readonly CanaryStep[], last: number): number {
  let end = 0;
  for (let i = 0; i <= last; i += 1) end += steps[i]?.durationMs ?? Number.POSITIVE_INFINITY;
  return end;
}
