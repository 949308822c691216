import { type Cost, CostSchema, CostState, create, type Usage } from "../sdk/index.js";

/** What a target charges, in nano-dollars for a million tokens: exact for every decimal price down to a billionth. */
export interface Price {
  readonly input: bigint;
  readonly output: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite: bigint;
}

const MILLION = 1_000_000n;

/**
 * The cost of an answer, rounded up to a whole nano-dollar. Without a price, or without the provider's count of
 * tokens, it is unpriced, which is a state and never zero.
 */
export function costOf(usage: Usage | undefined, price: Price | undefined): Cost {
  if (price === undefined || usage?.inputTokens === undefined || usage.outputTokens === undefined) {
    return create(CostSchema, { state: CostState.UNPRICED });
  }
  const read = BigInt(usage.cacheReadTokens ?? 0);
  const written = BigInt(usage.cacheWriteTokens ?? 0);
  const uncached = BigInt(usage.inputTokens) - read - written;
  const total =
    (uncached > 0n ? uncached : 0n) * price.input +
    read * price.cacheRead +
    written * price.cacheWrite +
    BigInt(usage.outputTokens) * price.output;
  return create(CostSchema, { state: CostState.PRICED, nanoDollars: (total + MILLION - 1n) / MILLION });
}

/** Nano-dollars as decimal dollars, as in the header `x-parlance-cost`; undefined when unpriced. */
export function dollars(cost: Cost | undefined): string | undefined {
  if (cost?.nanoDollars === undefined) return undefined;
  const digits = cost.nanoDollars.toString().padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  const whole = digits.slice(0, -9);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
