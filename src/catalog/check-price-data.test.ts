import { describe, expect, it } from "vitest";
import { checkPriceData } from "./check-price-data.js";
import { loadBundledPrices } from "./price-data.js";

const model = { id: "m", match: { equals: "m" }, prices: { input_mtok: 1 } };
const vendor = { id: "v", name: "V", api_pattern: "https://v", models: [model] };
const withModel = (change: object): unknown => [{ ...vendor, models: [{ ...model, ...change }] }];

describe("price data", () => {
  it("that comes with Parlance is taken, as its file would have it", async () => {
    const { vendors } = await loadBundledPrices(0);
    expect(checkPriceData(JSON.parse(JSON.stringify(vendors)))).toHaveLength(vendors.length);
  });

  it("has one form of conditions, whichever it was written in", () => {
    const [made] = checkPriceData(withModel({ prices: [{ constraint: { start_date: "2026-01-01" }, prices: {} }] }));
    expect(made?.models[0]?.prices).toEqual([
      { constraint: { type: "start_date", start_date: "2026-01-01" }, prices: {} },
    ]);
  });

  it.each<[string, unknown]>([
    ["it is not a list of vendors", { error: "gone" }],
    ["it is not a list of vendors", []],
    ["[0] is not an object", [1]],
    ["[0].api_pattern is not a regular expression", [{ ...vendor, api_pattern: "(" }]],
    ["[0].models is not a list", [{ ...vendor, models: {} }]],
    ["[0].fallback_model_providers is not a list of ids", [{ ...vendor, fallback_model_providers: "x" }]],
    ["[0].models[0].id is not a text", withModel({ id: 1 })],
    ["[0].models[0].context_window is not a count", withModel({ context_window: "1M" })],
    ['[0].models[0].match has the unknown rule "sounds_like"', withModel({ match: { sounds_like: "m" } })],
    ["[0].models[0].match.or[1] is not a rule", withModel({ match: { or: [{ equals: "m" }, {}] } })],
    ["[0].models[0].match.regex is not a regular expression", withModel({ match: { regex: "[" } })],
    ["[0].models[0].prices.input_mtok is not a price", withModel({ prices: { input_mtok: "1" } })],
    ["[0].models[0].prices.input_mtok is not a price", withModel({ prices: { input_mtok: -1 } })],
    ["[0].models[0].prices.input_mtok is not a price", withModel({ prices: { input_mtok: { base: 1, tiers: [{}] } } })],
    [
      "[0].models[0].prices[0].constraint is neither a date nor times of day",
      withModel({ prices: [{ constraint: { start_date: "soon" }, prices: {} }] }),
    ],
  ])("is refused: %s", (reason, value) => {
    expect(() => checkPriceData(value)).toThrow(reason);
  });
});
