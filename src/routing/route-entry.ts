import type { Price } from "../core/pricing.js";
import type { HedgePolicy, RetryPolicy, ShadowPolicy } from "../core/route-policy.js";
import type { Verdict } from "../core/target.js";
import type { Condition } from "./condition.js";
import type { StickyBy } from "./sticky.js";
import type { StrategyName } from "./strategy-name.js";

/** A public model name as it is configured, with the defaults; a name with `*` is a pattern. */
export interface ModelEntry {
  readonly name: string;
  readonly targets: readonly TargetEntry[];
  /** Absent means `priority`. */
  readonly strategy?: StrategyName | undefined;
  /** Whether the first loss is an error. */
  readonly strict?: boolean | undefined;
  /** The name that this one stands for, in the place of all else. */
  readonly alias?: string | undefined;
  /** Names of models, in order. */
  readonly fallbacks?: readonly string[] | undefined;
  readonly contextFallbacks?: readonly string[] | undefined;
  readonly contentFallbacks?: readonly string[] | undefined;
  /** By what a weighted choice stays. Absent means that it is made anew for each request. */
  readonly sticky?: StickyBy | undefined;
  /** Of a cascade: which answers are not good enough. Absent means the usual ones. */
  readonly verdict?: Verdict | undefined;
  readonly hedge?: Omit<HedgePolicy, "route"> | undefined;
  readonly shadows?: readonly ShadowEntry[] | undefined;
  readonly onCut?: "fail" | "continue" | undefined;
  /** Absent means as for every model. */
  readonly retry?: RetryPolicy | undefined;
  readonly timeoutMs?: number | undefined;
}

/** One place where a configured model can run, or another model whose targets stand there. */
export interface TargetEntry {
  /** Empty where there is a `route`. */
  readonly provider: string;
  readonly model: string;
  readonly priority: number;
  readonly price: Price | undefined;
  /** Name of the model whose targets stand here. */
  readonly route?: string | undefined;
  /** Absent means 1. */
  readonly weight?: number | undefined;
  readonly region?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Which requests it takes. Absent means all. */
  readonly when?: Condition | undefined;
  /** Absent means that it is no canary. */
  readonly canary?: CanaryView | undefined;
}

/** A target that is let in by steps. */
export interface CanaryView {
  /** The share of requests that it gets now, from 0 to 1. */
  share(): number;
  /** How it does, for who operates it. */
  words(): string;
}

/** A target that gets a copy of some requests, as it is configured. */
export interface ShadowEntry extends Omit<ShadowPolicy, "target" | "name"> {
  readonly provider: string;
  readonly model: string;
}
