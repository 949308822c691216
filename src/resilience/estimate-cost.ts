import type { Exchange } from "../core/exchange.js";
import { estimateInput } from "../core/lanes/estimate-input.js";
import { costOf } from "../core/pricing.js";
import type { Target } from "../core/target.js";
import { type Attempt, create, Lane, UsageSchema } from "../sdk/index.js";

/**
 * Tells what an attempt has cost that was ended before its provider could tell: the prompt, by its length unless the
 * provider has counted it, and what came of an answer. Nothing is charged for a call that was not made.
 */
export function estimateCost(record: Attempt, exchange: Exchange, target: Target): void {
  if (record.lane === Lane.UNSPECIFIED) return;
  const told = record.usage;
  const usage = create(UsageSchema, {
    ...told,
    inputTokens: told?.inputTokens ?? estimateInput(exchange),
    outputTokens: told?.outputTokens ?? 0,
  });
  record.cost = costOf(usage, target.price());
  record.costEstimated = true;
}
