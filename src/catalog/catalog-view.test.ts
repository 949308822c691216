import { describe, expect, it } from "vitest";
import { priceOf } from "../core/pricing.js";
import { type CatalogEntry, createCatalogView } from "./catalog-view.js";
import type { VendorHint } from "./find-vendor.js";
import type { PriceData, Vendor } from "./price-data.js";

const vendor = (id: string, dollars: number, address = `https://${id}\\.test`): Vendor => ({
  id,
  name: id,
  api_pattern: address,
  models: [
    { id: "big", match: { starts_with: "big" }, prices: { input_mtok: dollars, output_mtok: 1 }, context_window: 1000 },
  ],
});

function world(hints: Record<string, Partial<VendorHint>>, entries: readonly CatalogEntry[] = []) {
  let prices: PriceData | undefined = {
    vendors: [vendor("acme", 5), vendor("other", 7)],
    source: "test",
    version: "1",
    loadedAt: 0,
  };
  let revision = 0;
  const providers = new Map(
    Object.entries(hints).map(([name, hint]): [string, VendorHint] => [
      name,
      { ids: ["acme"], baseUrl: undefined, certain: false, ...hint },
    ]),
  );
  const abilities = (ids: readonly string[], names: readonly string[]) =>
    ids.includes("acme") && names.includes("big")
      ? { maxOutputTokens: 50, contextWindow: 7, abilities: ["tools"] as const }
      : undefined;
  const view = createCatalogView(
    { providers, entries },
    { prices: () => prices, revision: () => revision, abilities: () => Promise.resolve(abilities), now: () => 0 },
  );
  return {
    view,
    dollars: (provider: string, model: string) => view.priceInForce(provider, model)?.price.input,
    take(vendors: readonly Vendor[] | undefined) {
      prices = vendors && { vendors, source: "test", version: "2", loadedAt: 0 };
      revision += 1;
    },
  };
}

const NANO = 1_000_000_000n;
const entry = (given: Partial<CatalogEntry>): CatalogEntry => ({
  provider: "*",
  model: "*",
  price: undefined,
  facts: {},
  ...given,
});

describe("whose models a provider has", () => {
  it("is its plugin's vendor, by the first id that the data knows", () => {
    const { dollars } = world({ a: {}, b: { ids: ["unheard", "other"] }, c: { ids: ["unheard"] } });
    expect(["a", "b", "c", "none"].map((name) => dollars(name, "big-1"))).toEqual([
      5n * NANO,
      7n * NANO,
      undefined,
      undefined,
    ]);
  });

  it("is decided by an address that was written: another server does not charge the vendor's prices", () => {
    const { dollars } = world({
      elsewhere: { baseUrl: "http://127.0.0.1:8000/v1" },
      neighbour: { baseUrl: "https://other.test/v1" },
      proxy: { baseUrl: "http://127.0.0.1:8000/v1", certain: true },
    });
    expect(["elsewhere", "neighbour", "proxy"].map((name) => dollars(name, "big"))).toEqual([
      undefined,
      7n * NANO,
      5n * NANO,
    ]);
  });
});

describe("a price", () => {
  const own = priceOf({ input: "1", output: "1" });
  const offered = [
    { name: "big", operations: ["complete"] as const, facts: { price: { input: "2", output: "1" } } },
    { name: "free", operations: ["complete"] as const, facts: { price: { input: "0", output: "0" } } },
  ];

  it("is the target's own, then the first entry's that matches, then the plugin's, then the data's", () => {
    const { view } = world({ a: {}, b: {} }, [entry({ provider: "b", price: own }), entry({ model: "big-x" })]);
    const told = (provider: string, model: string, written = false) => {
      const known = view.priceInForce(provider, model, written ? priceOf({ input: "9", output: "9" }) : undefined);
      return known && [known.source, known.price.input / NANO, known.dataVersion];
    };
    expect(told("b", "big")).toEqual(["config", 1n, undefined]);
    expect(told("b", "big", true)).toEqual(["config", 9n, undefined]);
    expect(told("a", "big")).toEqual(["data", 5n, "1"]);
    view.offered("a", offered);
    expect(told("a", "big")).toEqual(["plugin", 2n, undefined]);
    expect(told("a", "free")).toEqual(["plugin", 0n, undefined]);
    expect(told("a", "big-2")).toEqual(["data", 5n, "1"]);
    expect(told("a", "unheard-of")).toBeUndefined();
  });

  it("that a target holds follows what becomes known later", () => {
    const { view, take } = world({ a: {} });
    take(undefined);
    const price = view.price("a", "big");
    expect(price()).toBeUndefined();
    take([vendor("acme", 6)]);
    expect(price()?.input).toBe(6n * NANO);
    view.offered("a", offered);
    expect(price()?.input).toBe(2n * NANO);
  });
});

describe("facts", () => {
  it("are the operator's, then the provider's, then those of its plugin and the data together", async () => {
    const { view } = world({ a: {} }, [
      entry({ model: "big-own", facts: { contextWindow: 1, abilities: ["prefill"] } }),
    ]);
    const traits = { maxOutputTokens: 40, abilities: ["streaming"] as const };
    expect(await view.facts("a", "big", traits)).toMatchObject({
      contextWindow: 1000,
      maxOutputTokens: 40,
      abilities: ["streaming", "tools"],
    });
    view.offered("a", [{ name: "big", operations: [], facts: { maxOutputTokens: 30, abilities: ["reasoning"] } }]);
    expect(await view.facts("a", "big", traits)).toMatchObject({ maxOutputTokens: 30, abilities: ["reasoning"] });
    expect(await view.facts("a", "big-own", traits)).toMatchObject({ contextWindow: 1, abilities: ["prefill"] });
    expect(await view.facts("none", "big", {})).toEqual({});
  });
});
