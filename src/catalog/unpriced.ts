import type { Exchange } from "../core/exchange.js";
import type { Stage } from "../core/stage.js";
import { CostState } from "../sdk/index.js";

/** Requests that a model answered and whose cost is not known. */
export interface UnpricedCount {
  readonly provider: string;
  readonly model: string;
  /** Those for which there was no price. */
  readonly withoutPrice: number;
  /** Those for which there was one, and the provider did not tell the tokens. */
  readonly withoutUsage: number;
}

/** Counts of unpriced requests. */
export interface UnpricedCounts {
  /** Counts them as they end. */
  readonly stage: Stage;
  /** All of them. */
  total(): number;
  /** By provider and model, most first. */
  list(): UnpricedCount[];
}

// Models are named by callers: what is remembered must not grow with them.
const MAX_MODELS = 1000;

/** Counts from nothing. `first` is told of the first unpriced request of each model. */
export function countUnpriced(first: (count: UnpricedCount) => void): UnpricedCounts {
  const counts = new Map<string, { -readonly [K in keyof UnpricedCount]: UnpricedCount[K] }>();
  let total = 0;
  return {
    stage: {
      name: "unpriced",
      settle(exchange) {
        const target = unpricedTarget(exchange);
        if (target === undefined) return;
        total += 1;
        const known = counts.get(target.name);
        if (known === undefined && counts.size >= MAX_MODELS) return;
        const provider = target.provider.name;
        const count = known ?? { provider, model: target.upstreamModel, withoutPrice: 0, withoutUsage: 0 };
        if (target.price() === undefined) count.withoutPrice += 1;
        else count.withoutUsage += 1;
        if (known !== undefined) return;
        counts.set(target.name, count);
        first({ ...count });
      },
    },
    total: () => total,
    list: () =>
      [...counts.values()]
        .map((count) => ({ ...count }))
        .sort((a, b) => b.withoutPrice + b.withoutUsage - (a.withoutPrice + a.withoutUsage)),
  };
}

/** The target of the last attempt, when it answered and nobody knows for how much. */
function unpricedTarget({ cost, attempts, plan }: Exchange) {
  if (cost?.state !== CostState.UNPRICED) return undefined;
  const last = attempts[attempts.length - 1];
  return plan?.find(({ target }) => target.name === last?.target)?.target;
}
