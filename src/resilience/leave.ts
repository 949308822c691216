import type { Unavailable } from "../core/target-view.js";
import type { ParlanceError } from "../sdk/index.js";

/** Leave for one attempt at a target: a permit of its breaker, and a place among its attempts. */
export interface Leave {
  readonly kind: "leave";
  /** Tells that the first content has come after so many milliseconds, or the whole answer where it is not streamed. */
  answered(ms: number): void;
  /** Gives both back and tells how it went. To be called exactly once. */
  settle(outcome: Outcome): void;
}

/** No attempt may be made. */
export interface Refusal extends Unavailable {
  readonly kind: "refusal";
  /** `overloaded`: as many run and wait there as it takes; `provider_rate_limited`: its provider has set a limit. */
  readonly code: "no_healthy_target" | "overloaded" | "provider_rate_limited";
}

/** How an attempt went. */
export interface Outcome {
  /** Undefined means that it answered. */
  readonly error: ParlanceError | undefined;
  /** Whether it failed by its credential, of which its provider has others: nothing is said of the target itself. */
  readonly ofCredential?: boolean;
  /** Milliseconds to its first content, or to its whole answer where it was not streamed; undefined when none came. */
  readonly ttftMs: number | undefined;
  /** Milliseconds from its start to its end. */
  readonly durationMs: number;
  /** Tokens of its answer, as far as the provider told. */
  readonly outputTokens: number | undefined;
  /** Set where it was ended because another attempt was quicker: its first content would have taken `durationMs` or more. */
  readonly overtaken?: boolean | undefined;
}
