/** How a target does, as attempts have told: read by routing and by the operator, written by the attempt loop. */
export interface TargetView {
  /** Attempts that run now. */
  readonly inFlight: number;
  /** Attempts that wait in its queue. */
  readonly queued: number;
  /** Why no attempt would be made now; undefined when one would. */
  unavailable(): Unavailable | undefined;
  /** How long its answers take; undefined before the first. */
  latency(): TargetLatency | undefined;
  /**
   * Milliseconds to the first content that the given share of the last minutes' answers did not exceed: 0.95 for the 95th
   * percentile. Undefined with fewer than 20 answers.
   */
  ttftQuantile(share: number): number | undefined;
  /** Attempts of the breaker's window, and those of them that failed by the provider's fault. */
  counts(): { readonly attempts: number; readonly failures: number };
}

/** Why no attempt is made at a target. */
export interface Unavailable {
  /** In words, such as `its breaker is open for another 9m58s after 3 failures in a row`. */
  readonly reason: string;
  /** Milliseconds after which it may be tried; undefined when only an operator can let it in again. */
  readonly retryAfterMs: number | undefined;
  /** Whether it was ejected by a share of failures: then it is called all the same where too few are left. */
  readonly ejected: boolean;
}

/** Moving times of a target's answers. */
export interface TargetLatency {
  /** Milliseconds to the first content. */
  readonly ttftMs: number;
  /** Milliseconds of a token after the first; undefined where no answer told its tokens. */
  readonly perTokenMs: number | undefined;
  /** Monotonic milliseconds of the last measurement. */
  readonly measuredAt: number;
}
