import type { ModelCatalog } from "../../src/core/model-catalog.js";

/** A catalogue that knows what is written, and what plugins tell of their models. */
export const noCatalog: ModelCatalog = {
  price: (_provider, _model, written) => () => written,
  priceInForce: (_provider, _model, price) => price && { price, source: "config", dataVersion: undefined },
  facts: (_provider, _model, traits) => Promise.resolve(traits),
  revision: () => 0,
  models: () => Promise.resolve([]),
};
