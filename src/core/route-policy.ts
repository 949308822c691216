import type { ErrorCode } from "../sdk/index.js";
import type { Plan, Target } from "./target.js";

/** What a route wants done around its attempts: written by routing beside the plan, obeyed by the attempt loop. */
export interface RoutePolicy {
  readonly retry: RetryPolicy;
  /** Undefined means that no second target is asked beside a slow one. */
  readonly hedge: HedgePolicy | undefined;
  readonly shadows: readonly ShadowPolicy[];
  /** What follows a cut after the first content. */
  readonly onCut: "fail" | "continue";
  /** Most milliseconds for the exchange; undefined means as long as the server allows. */
  readonly timeoutMs: number | undefined;
  /** The targets to fall back to when the conversation is longer than a target reads; empty means none. */
  contextFallbacks(): Plan;
  /** The targets to fall back to when a provider declines the content; empty means none. */
  contentFallbacks(): Plan;
}

/** What follows an error. */
export type RetryAction = "retry" | "next" | "stop";

/** Retries and waits; times in milliseconds. */
export interface RetryPolicy {
  /** Further attempts at a target. */
  readonly retries: number;
  readonly at: "last" | "each";
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxWaitMs: number;
  readonly maxWaitBeforeNextMs: number;
  readonly maxAttempts: number;
  readonly budgetPercent: number;
  readonly minRetries: number;
  /** In the place of what is usual after an error of the code. */
  readonly on: ReadonlyMap<ErrorCode, RetryAction>;
}

/** When a second target is asked. */
export interface HedgePolicy {
  /** Milliseconds without content; undefined means the first target's own 95th percentile. */
  readonly afterMs: number | undefined;
  /** Most hedged requests in a hundred. */
  readonly maxPercent: number;
  /** The route whose requests are counted. */
  readonly route: string;
}

/** A target that gets a copy of some requests. */
export interface ShadowPolicy {
  readonly target: Target;
  /** Route and target as they are written, by which copies are counted. */
  readonly name: string;
  /** Requests in a hundred. */
  readonly percent: number;
  readonly keepText: boolean;
  readonly maxInFlight: number;
}
