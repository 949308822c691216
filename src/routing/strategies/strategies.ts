import type { StrategyName } from "../strategy-name.js";
import { cheapest } from "./cheapest.js";
import { leastBusy } from "./least-busy.js";
import { lowestLatency } from "./lowest-latency.js";
import { priority } from "./priority.js";
import { roundRobin } from "./round-robin.js";
import type { Strategy } from "./strategy.js";
import { weighted } from "./weighted.js";

/** The strategies that there are. A cascade asks in order of priority; that its answers are judged is the planner's doing. */
export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  priority,
  weighted,
  round_robin: roundRobin,
  least_busy: leastBusy,
  lowest_latency: lowestLatency,
  cheapest,
  cascade: priority,
};
