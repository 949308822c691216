import type { ConditionalPrice, ModelPrice } from "@pydantic/genai-prices";
import type { Price, Rates } from "../core/pricing.js";
import type { VendorModel } from "./price-data.js";

/** What a model of the data charges at a time (Unix ms); undefined where it does not charge by tokens. */
export function dataPrice({ prices }: VendorModel, now: number): Price | undefined {
  return toPrice(Array.isArray(prices) ? pricesAt(prices, now) : prices);
}

/** Until when (Unix ms) the price of `now` holds at least: prices change at whole minutes. */
export function holdsUntil({ prices }: VendorModel, now: number): number {
  return Array.isArray(prices) && prices.length > 1
    ? (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS
    : Number.POSITIVE_INFINITY;
}

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;

/** Of several prices the last whose condition holds; one without a condition always does. */
function pricesAt(prices: readonly ConditionalPrice[], now: number): ModelPrice | undefined {
  return (prices.findLast(({ constraint }) => holds(constraint, now)) ?? prices[0])?.prices;
}

function holds(constraint: ConditionalPrice["constraint"], now: number): boolean {
  if (constraint === undefined) return true;
  if (constraint.type === "start_date") return now >= Date.parse(constraint.start_date);
  const second = (now / 1000) % DAY_SECONDS;
  const start = secondOfDay(constraint.start_time);
  const end = secondOfDay(constraint.end_time);
  return end < start ? second >= start || second < end : second >= start && second < end;
}

/** Seconds from midnight UTC to a time such as `16:30:00Z` or `00:30:00+08:00`. */
function secondOfDay(time: string): number {
  return (Date.parse(`1970-01-02T${time}`) / 1000) % DAY_SECONDS;
}

function toPrice(prices: ModelPrice | undefined): Price | undefined {
  if (prices?.input_mtok === undefined) return undefined;
  const starts = Object.values(prices).flatMap((price) =>
    typeof price === "object" ? price.tiers.map((tier) => tier.start) : [],
  );
  const tiers = [...new Set(starts)]
    .sort((a, b) => a - b)
    .map((above) => ({ above, rates: ratesAt(prices, above + 1) }));
  return { ...ratesAt(prices, 0), tiers };
}

/** The rates for a prompt of so many tokens. What has no rate of its own is charged as what it is a part of. */
function ratesAt(prices: ModelPrice, inputTokens: number): Rates {
  const rate = (key: string): bigint | undefined => {
    const price = prices[key];
    if (price === undefined) return undefined;
    if (typeof price === "number") return nanoDollars(price);
    const tier = price.tiers.findLast(({ start }) => inputTokens > start);
    return nanoDollars(tier?.price ?? price.base);
  };
  const input = rate("input_mtok") ?? 0n;
  // Embeddings have none: nothing is generated that could be charged.
  const output = rate("output_mtok") ?? 0n;
  return {
    input,
    output,
    cacheRead: rate("cache_read_mtok") ?? input,
    cacheWrite: rate("cache_write_mtok") ?? input,
    inputAudio: rate("input_audio_mtok") ?? input,
    outputAudio: rate("output_audio_mtok") ?? output,
    reasoning: rate("output_reasoning_mtok") ?? output,
    // Dollars for a thousand requests, as nano-dollars for a million of them.
    request: (rate("requests_kcount") ?? 0n) * 1000n,
  };
}

function nanoDollars(dollars: number): bigint {
  return BigInt(Math.round(dollars * 1e9));
}
