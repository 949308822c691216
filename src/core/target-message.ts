import {
  CostState,
  create,
  ModelPriceSchema,
  type ModelPrice,
  ModelTargetSchema,
  type ModelTarget,
  type PriceRates,
  PriceRatesSchema,
  PriceSource,
} from "../sdk/index.js";
import type { PriceInForce } from "./model-catalog.js";
import { decimalDollars, type Rates } from "./pricing.js";
import type { ListedTarget } from "./target.js";

/** A listed target in the words of the vocabulary. */
export function toModelTarget({ provider, upstreamModel, dialect, facts, price }: ListedTarget): ModelTarget {
  const { contextWindow, maxOutputTokens, inputModalities = [], outputModalities = [], abilities = [] } = facts;
  return create(ModelTargetSchema, {
    provider,
    upstreamModel,
    ...(dialect !== undefined && { dialect }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    inputModalities: [...inputModalities],
    outputModalities: [...outputModalities],
    abilities: [...abilities],
    price: toModelPrice(price),
  });
}

const SOURCES = { config: PriceSource.CONFIG, plugin: PriceSource.PLUGIN, data: PriceSource.DATA } as const;

function toModelPrice(known: PriceInForce | undefined): ModelPrice {
  if (known === undefined) return create(ModelPriceSchema, { state: CostState.UNPRICED });
  const { price, source, dataVersion } = known;
  return create(ModelPriceSchema, {
    state: CostState.PRICED,
    rates: toRates(price),
    tiers: price.tiers.map(({ above, rates }) => ({ aboveInputTokens: above, rates: toRates(rates) })),
    source: SOURCES[source],
    ...(dataVersion !== undefined && { dataVersion }),
  });
}

function toRates(rates: Rates): PriceRates {
  const { input, output, cacheRead, cacheWrite, inputAudio, outputAudio, reasoning, request } = rates;
  return create(PriceRatesSchema, {
    input: decimalDollars(input),
    output: decimalDollars(output),
    cacheRead: decimalDollars(cacheRead),
    cacheWrite: decimalDollars(cacheWrite),
    ...(inputAudio !== input && { inputAudio: decimalDollars(inputAudio) }),
    ...(outputAudio !== output && { outputAudio: decimalDollars(outputAudio) }),
    ...(reasoning !== output && { reasoning: decimalDollars(reasoning) }),
    // Of a million requests each costs a millionth.
    ...(request !== 0n && { request: decimalDollars(request / 1_000_000n) }),
  });
}
