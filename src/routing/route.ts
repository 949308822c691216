import type { RoutePolicy } from "../core/route-policy.js";
import type { Plan, Target, Verdict } from "../core/target.js";
import type { Condition } from "./condition.js";
import type { CanaryView } from "./route-entry.js";
import type { StickyBy } from "./sticky.js";
import type { StrategyName } from "./strategy-name.js";
import type { Turns } from "./turns.js";

/** A model's name, made ready to plan with: all that is the same for each of its requests. */
export interface Route {
  /** What it was found as: a configured model, a pattern, or `provider/model`. Aliases are found as what they stand for. */
  readonly name: string;
  readonly strategy: StrategyName;
  /** By priority. */
  readonly members: readonly Member[];
  /** All targets by priority, those of its groups in their places. */
  readonly targets: readonly Target[];
  /** The plan of every request that wishes nothing, where there is one target and nothing to decide. */
  readonly constant: Plan | undefined;
  /** Whether a target of it, or of a group, takes only some requests. */
  readonly selective: boolean;
  /** Of requests that wish nothing. It has no fallbacks: those depend on the request, and planning adds them. */
  readonly policy: RoutePolicy;
  readonly fallbacks: readonly string[];
  readonly contextFallbacks: readonly string[];
  readonly contentFallbacks: readonly string[];
  readonly sticky: StickyBy | undefined;
  /** Of a cascade, or of a route that a caller makes one. */
  readonly verdict: Verdict;
  /** Whose turn it is, shared by all names that a pattern stands for. */
  readonly turns: Turns;
}

/** What a strategy chooses among: a target, or the targets of another route as one. */
export interface Member {
  /** Place among the members of its route as it is written, by which turns are kept. */
  readonly place: number;
  /** Name of the target, or of the other route. */
  readonly name: string;
  /** Undefined where it is a group. */
  readonly target: Target | undefined;
  /** Undefined where it is a target. */
  readonly group: Route | undefined;
  /** Its target, or all of its group. */
  readonly targets: readonly Target[];
  readonly weight: number;
  readonly region: string | undefined;
  readonly tags: readonly string[];
  readonly when: Condition | undefined;
  /** Undefined means that its share is as the strategy has it. */
  readonly canary: CanaryView | undefined;
}
