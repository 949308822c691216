import type { ABILITIES, INPUT_MODALITIES, ModelFacts } from "../sdk/index.js";
import type { Price } from "./pricing.js";

/** What a target charges now; undefined while no price is known. Cheap: asked at every settlement. */
export type PriceNow = () => Price | undefined;

/** What is known of the models of one snapshot's providers. */
export interface ModelCatalog {
  /**
   * What a model charges at a provider. `written`: the price that the operator wrote at the target itself, which wins.
   * The answer follows newer data and the time of day.
   */
  price(provider: string, model: string, written?: Price): PriceNow;
  /** The same as it is shown, with where it comes from; undefined while none is known. */
  priceInForce(provider: string, model: string, written?: Price): PriceInForce | undefined;
  /**
   * What else is known: the operator's own word first, then what the provider offers, then `traits`, which its plugin tells
   * of any model, and the data; abilities of these two are taken together. Never rejects.
   */
  facts(provider: string, model: string, traits: KnownFacts): Promise<KnownFacts>;
  /** Changes whenever what is known of models may have. */
  revision(): number;
  /** Every model that is known of a provider without asking it, sorted: those of the data, and those it has offered. */
  models(provider: string): Promise<string[]>;
}

/** What is known of a model, but for its price. */
export interface KnownFacts extends Omit<ModelFacts, "price"> {
  /** What it surely does not take or have: what is in none of the lists may only not be known. */
  readonly lacks?: readonly Lack[] | undefined;
}

/** A kind of input that a model does not take, or an ability that it has not. */
export type Lack = (typeof INPUT_MODALITIES)[number] | (typeof ABILITIES)[number];

/** A price with where it comes from. */
export interface PriceInForce {
  readonly price: Price;
  readonly source: "config" | "plugin" | "data";
  /** Version of the data; undefined where it does not come from there. */
  readonly dataVersion: string | undefined;
}
