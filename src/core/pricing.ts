import { type Cost, CostSchema, CostState, create, type DollarPrice, parseDollars, type Usage } from "../sdk/index.js";

/** What each kind of token costs, in nano-dollars for a million of them: exact for every decimal down to a billionth. */
export interface Rates {
  readonly input: bigint;
  readonly output: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite: bigint;
  readonly inputAudio: bigint;
  readonly outputAudio: bigint;
  readonly reasoning: bigint;
  /** What a request costs beside its tokens, in nano-dollars for a million requests. */
  readonly request: bigint;
}

/** What a target charges. */
export interface Price extends Rates {
  /** Rates of requests with long prompts, least first; empty where their length makes no difference. */
  readonly tiers: readonly PriceTier[];
}

/** Rates of every token of a request whose prompt is longer than `above` tokens. */
export interface PriceTier {
  readonly above: number;
  readonly rates: Rates;
}

const MILLION = 1_000_000n;

/**
 * The cost of an answer, rounded up to a whole nano-dollar. Without a price, or without the provider's count of tokens
 * that are not free, it is unpriced, which is a state and never zero.
 */
export function costOf(usage: Usage | undefined, price: Price | undefined): Cost {
  if (price === undefined) return create(CostSchema, { state: CostState.UNPRICED });
  const rates = price.tiers.length === 0 ? price : ratesFor(price, usage?.inputTokens);
  if (rates === undefined || !isCounted(usage, rates)) return create(CostSchema, { state: CostState.UNPRICED });
  const input = usage?.inputTokens ?? 0;
  const output = usage?.outputTokens ?? 0;
  const read = usage?.cacheReadTokens ?? 0;
  const written = usage?.cacheWriteTokens ?? 0;
  // What was cached may have been sound too; no token is charged twice.
  const uncached = Math.max(0, input - read - written);
  const heard = Math.min(usage?.inputAudioTokens ?? 0, uncached);
  const spoken = Math.min(usage?.outputAudioTokens ?? 0, output);
  const reasoned = Math.min(usage?.reasoningTokens ?? 0, output - spoken);
  const total =
    BigInt(uncached - heard) * rates.input +
    BigInt(heard) * rates.inputAudio +
    BigInt(read) * rates.cacheRead +
    BigInt(written) * rates.cacheWrite +
    BigInt(output - spoken - reasoned) * rates.output +
    BigInt(spoken) * rates.outputAudio +
    BigInt(reasoned) * rates.reasoning +
    rates.request;
  return create(CostSchema, { state: CostState.PRICED, nanoDollars: (total + MILLION - 1n) / MILLION });
}

/** What several things cost together; undefined when none was charged. One that is unpriced makes the sum unpriced. */
export function totalCost(charged: readonly { readonly cost?: Cost | undefined }[]): Cost | undefined {
  let total: Cost | undefined;
  for (const { cost } of charged) {
    if (cost === undefined) continue;
    if (cost.nanoDollars === undefined) return cost;
    total =
      total?.nanoDollars === undefined
        ? cost
        : create(CostSchema, { state: CostState.PRICED, nanoDollars: total.nanoDollars + cost.nanoDollars });
  }
  return total;
}

/** What a prompt and an answer of so many tokens would cost, in nano-dollars; undefined without a price. */
export function estimatedCost(price: Price | undefined, input: number, output: number): bigint | undefined {
  const rates = price && ratesFor(price, input);
  if (rates === undefined) return undefined;
  const total = BigInt(input) * rates.input + BigInt(output) * rates.output + rates.request;
  return (total + MILLION - 1n) / MILLION;
}

/** A tier depends on the length of the prompt, so without it no rates are known. */
function ratesFor(price: Price, inputTokens: number | undefined): Rates | undefined {
  if (inputTokens === undefined) return undefined;
  let rates: Rates = price;
  for (const tier of price.tiers) if (inputTokens > tier.above) rates = tier.rates;
  return rates;
}

/** What is free needs no count: embeddings tell no tokens of an answer. */
function isCounted(usage: Usage | undefined, rates: Rates): boolean {
  return (
    (usage?.inputTokens !== undefined || rates.input === 0n) &&
    (usage?.outputTokens !== undefined || rates.output === 0n)
  );
}

/** A price as it is written; undefined where one of its texts is no amount. */
export function priceOf({ input, output, cacheRead, cacheWrite }: DollarPrice): Price | undefined {
  const inputRate = parseDollars(input);
  const outputRate = parseDollars(output);
  const readRate = cacheRead === undefined ? inputRate : parseDollars(cacheRead);
  const writeRate = cacheWrite === undefined ? inputRate : parseDollars(cacheWrite);
  if (inputRate === undefined || outputRate === undefined || readRate === undefined || writeRate === undefined) {
    return undefined;
  }
  return {
    input: inputRate,
    output: outputRate,
    cacheRead: readRate,
    cacheWrite: writeRate,
    inputAudio: inputRate,
    outputAudio: outputRate,
    reasoning: outputRate,
    request: 0n,
    tiers: [],
  };
}

/** The amount in decimal dollars; undefined when unpriced. */
export function dollars(cost: Cost | undefined): string | undefined {
  return cost?.nanoDollars === undefined ? undefined : decimalDollars(cost.nanoDollars);
}

/** The cost as it is told: decimal dollars, or `unpriced`; undefined before it is known whether it is. */
export function costText(cost: Cost | undefined): string | undefined {
  return cost?.state === CostState.UNPRICED ? "unpriced" : dollars(cost);
}

/** Nano-dollars as decimal dollars: `"2.5"`. */
export function decimalDollars(nanoDollars: bigint): string {
  const digits = nanoDollars.toString().padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  const whole = digits.slice(0, -9);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
