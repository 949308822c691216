const NAMES = ["priority", "weighted", "round_robin", "least_busy", "lowest_latency", "cheapest", "cascade"] as const;

/** Name of a strategy. */
export type StrategyName = (typeof NAMES)[number];

/** Every strategy that there is. */
export const STRATEGY_NAMES: readonly StrategyName[] = NAMES;

/** Whether there is a strategy of that name. */
export function isStrategy(name: string): name is StrategyName {
  return (STRATEGY_NAMES as readonly string[]).includes(name);
}
