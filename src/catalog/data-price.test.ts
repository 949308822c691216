import { calcPrice } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import { costOf } from "../core/pricing.js";
import { create, UsageSchema } from "../sdk/index.js";
import { dataPrice, holdsUntil } from "./data-price.js";
import { findModel } from "./find-model.js";
import { loadBundledPrices, type Vendor, type VendorModel } from "./price-data.js";

const { vendors } = await loadBundledPrices(0);
const every: readonly (readonly [Vendor, VendorModel])[] = vendors.flatMap((vendor) =>
  vendor.models.map((model) => [vendor, model] as const),
);
const TIMES = ["2025-01-01T00:00:00Z", "2026-07-01T12:00:00Z", "2026-12-31T23:59:59Z"].map((time) => Date.parse(time));

/** Names that a model goes by: its own id, and its id with a date. */
const namesOf = ({ id }: VendorModel): string[] => [id, id.toUpperCase(), `${id}-20250929`, `no-${id}-x`];

describe("the data's own rules", () => {
  it("find the model that the package finds, for every model of every vendor", () => {
    expect(every.length).toBeGreaterThan(1000);
    const usage = { input_tokens: 1, output_tokens: 1 };
    for (const [vendor, model] of every) {
      for (const name of namesOf(model)) {
        let theirs: string | undefined;
        try {
          theirs = calcPrice(usage, name, { provider: vendor })?.model.id;
        } catch {
          // The package refuses what charges for other things than tokens.
          continue;
        }
        expect(findModel(vendors, vendor, name)?.id, `${vendor.id} ${name}`).toBe(theirs);
      }
    }
  });

  it("cost what the package says, for every model, usage and time", () => {
    let compared = 0;
    for (const [vendor, model] of every) {
      for (const now of TIMES) {
        for (const [input, output, read, written] of [
          [1000, 100, 0, 0],
          [1000, 100, 300, 200],
          [300_000, 5000, 0, 0],
          [300_000, 5000, 100_000, 50_000],
        ] as const) {
          const price = dataPrice(model, now);
          if (price === undefined) continue;
          let theirs: number | undefined;
          try {
            theirs = calcPrice(
              { input_tokens: input, output_tokens: output, cache_read_tokens: read, cache_write_tokens: written },
              model.id,
              {
                provider: { ...vendor, models: [{ ...model, match: { equals: model.id } }] },
                timestamp: new Date(now),
              },
            )?.total_price;
          } catch {
            continue;
          }
          const usage = create(UsageSchema, {
            inputTokens: input,
            outputTokens: output,
            cacheReadTokens: read,
            cacheWriteTokens: written,
          });
          const ours = Number(costOf(usage, price).nanoDollars) / 1e9;
          expect(Math.abs(ours - (theirs ?? -1)), `${vendor.id} ${model.id} ${input} ${read}`).toBeLessThan(2e-9);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(10_000);
  });
});

describe("a price that depends on the time", () => {
  const model: VendorModel = {
    id: "m",
    match: { equals: "m" },
    prices: [
      { prices: { input_mtok: 2 } },
      {
        constraint: { type: "time_of_date", start_time: "16:30:00Z", end_time: "00:30:00Z" },
        prices: { input_mtok: 1 },
      },
    ],
  };
  const at = (time: string) => Date.parse(`2026-05-05T${time}Z`);

  it("is that of the time of day, across midnight too", () => {
    const inputs = ["16:29:59", "16:30:00", "23:59:59", "00:29:59", "00:30:00"].map(
      (time) => dataPrice(model, at(time))?.input,
    );
    expect(inputs).toEqual([2, 1, 1, 1, 2].map((dollars) => BigInt(dollars) * 1_000_000_000n));
  });

  it("holds until the next minute begins, and any other for ever", () => {
    expect(holdsUntil(model, at("16:29:59"))).toBe(at("16:30:00"));
    expect(holdsUntil({ ...model, prices: { input_mtok: 1 } }, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is none where nothing is charged by the token", () => {
    expect(dataPrice({ ...model, prices: { audio_hours: 1 } }, 0)).toBeUndefined();
  });
});
