import type { KnownFacts, Lack, ModelCatalog, PriceInForce } from "../core/model-catalog.js";
import { type Price, priceOf } from "../core/pricing.js";
import { ABILITIES, INPUT_MODALITIES, matchesGlob, type ModelFacts, type OfferedModel } from "../sdk/index.js";
import type { FindAbilities } from "./ability-data.js";
import { dataPrice, holdsUntil } from "./data-price.js";
import { findModel } from "./find-model.js";
import { findVendor, type VendorHint } from "./find-vendor.js";
import type { PriceData, Vendor, VendorModel } from "./price-data.js";

/** What an operator says of models. */
export interface CatalogEntry {
  /** Pattern of providers' names. */
  readonly provider: string;
  /** Pattern of the providers' own names for models. */
  readonly model: string;
  readonly price: Price | undefined;
  readonly facts: KnownFacts;
}

/** What the configuration says that bears on the catalogue. */
export interface CatalogScope {
  /** By name of the provider. */
  readonly providers: ReadonlyMap<string, VendorHint>;
  /** The first that matches counts. */
  readonly entries: readonly CatalogEntry[];
}

/** The data as it is now. */
export interface CatalogData {
  /** Undefined until it is loaded. */
  prices(): PriceData | undefined;
  /** Changes with the data. */
  revision(): number;
  /** Never rejects: without data nothing is found. */
  abilities(): Promise<FindAbilities>;
  /** Unix milliseconds. */
  now(): number;
}

/** The catalogue as one snapshot sees it. */
export interface CatalogView extends ModelCatalog {
  /** Takes what a provider is known to offer, once its code is loaded. */
  offered(provider: string, models: readonly OfferedModel[]): void;
}

/** Sees the data through a configuration. */
export function createCatalogView({ providers, entries }: CatalogScope, data: CatalogData): CatalogView {
  const offers = new Map<string, ReadonlyMap<string, ModelFacts>>();
  let offersRevision = 0;

  const entryOf = (provider: string, model: string): CatalogEntry | undefined =>
    entries.find((entry) => matchesGlob(entry.provider, provider) && matchesGlob(entry.model, model));

  const vendorOf = (provider: string, { vendors }: PriceData): Vendor | undefined => {
    const hint = providers.get(provider);
    return hint && findVendor(vendors, hint);
  };

  const modelOf = (provider: string, model: string): VendorModel | undefined => {
    const prices = data.prices();
    const vendor = prices && vendorOf(provider, prices);
    return vendor && findModel(prices.vendors, vendor, model);
  };

  const writtenOf = (provider: string, model: string, written: Price | undefined): PriceInForce | undefined => {
    const own = written ?? entryOf(provider, model)?.price;
    if (own !== undefined) return { price: own, source: "config", dataVersion: undefined };
    const offered = offers.get(provider)?.get(model)?.price;
    const price = offered && priceOf(offered);
    return price && { price, source: "plugin", dataVersion: undefined };
  };

  const resolve = (provider: string, model: string, written: Price | undefined): PriceInForce | undefined => {
    const own = writtenOf(provider, model, written);
    if (own !== undefined) return own;
    const found = modelOf(provider, model);
    const price = found && dataPrice(found, data.now());
    return price && { price, source: "data", dataVersion: data.prices()?.version };
  };

  return {
    offered(provider, models) {
      offers.set(provider, new Map(models.map(({ name, facts }) => [name, facts ?? {}])));
      offersRevision += 1;
    },
    price(provider, model, written) {
      // To find a price takes microseconds, and it is asked for at every settlement.
      let price: Price | undefined;
      let revision = -1;
      let until = Number.NEGATIVE_INFINITY;
      return () => {
        const now = data.now();
        const current = data.revision() + offersRevision;
        if (revision === current && now < until) return price;
        price = resolve(provider, model, written)?.price;
        const found = modelOf(provider, model);
        until = found === undefined ? Number.POSITIVE_INFINITY : holdsUntil(found, now);
        revision = current;
        return price;
      };
    },
    priceInForce: resolve,
    async facts(provider, model, traits) {
      const find = await data.abilities();
      const found = modelOf(provider, model);
      const hint = providers.get(provider);
      const prices = data.prices();
      const vendor = prices && vendorOf(provider, prices);
      // At an address of its own a provider has a vendor's models only where the address is that vendor's.
      const ids = hint === undefined || (hint.baseUrl !== undefined && !hint.certain) ? [] : hint.ids;
      const known = find([...ids, ...(vendor === undefined ? [] : [vendor.id])], [model, ...(found ? [found.id] : [])]);
      return merge(entryOf(provider, model)?.facts ?? {}, offers.get(provider)?.get(model) ?? {}, traits, {
        ...known,
        contextWindow: found?.context_window ?? known?.contextWindow,
      });
    },
    revision: () => data.revision() + offersRevision,
    async models(provider) {
      const prices = data.prices();
      const vendor = prices && vendorOf(provider, prices);
      const names = new Set([...(vendor?.models ?? []).map(({ id }) => id), ...(offers.get(provider)?.keys() ?? [])]);
      return [...names].sort();
    },
  };
}

function merge(config: KnownFacts, offered: KnownFacts, traits: KnownFacts, known: KnownFacts): KnownFacts {
  const sources = [config, offered, traits, known];
  const first = <K extends keyof KnownFacts>(key: K): KnownFacts[K] =>
    sources.map((source) => source[key]).find((value) => value !== undefined);
  const together = new Set([...(traits.abilities ?? []), ...(known.abilities ?? [])]);
  return {
    contextWindow: first("contextWindow"),
    maxOutputTokens: first("maxOutputTokens"),
    inputModalities: first("inputModalities"),
    outputModalities: first("outputModalities"),
    abilities: config.abilities ?? offered.abilities ?? (together.size === 0 ? undefined : [...together].sort()),
    lacks: lacksOf(config, offered, traits, known),
  };
}

/** A list that somebody wrote is whole; of what was found, only what it says itself. */
function lacksOf(config: KnownFacts, offered: KnownFacts, traits: KnownFacts, known: KnownFacts): KnownFacts["lacks"] {
  const found = [...(traits.lacks ?? []), ...(known.lacks ?? [])];
  const has = new Set<Lack>(traits.abilities);
  const abilities = config.abilities ?? offered.abilities;
  const inputs = config.inputModalities ?? offered.inputModalities;
  const lacks = [
    ...INPUT_MODALITIES.filter((one) => (inputs === undefined ? found.includes(one) : !inputs.includes(one))),
    ...ABILITIES.filter((one) =>
      abilities === undefined ? found.includes(one) && !has.has(one) : !abilities.includes(one),
    ),
  ];
  return lacks.length === 0 ? undefined : lacks;
}
