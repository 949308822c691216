import { describe, expect, it } from "vitest";
import { CostState, create, type MessageInitShape, UsageSchema } from "../sdk/index.js";
import { costOf, costText, dollars, type Price, priceOf } from "./pricing.js";

const flat = priceOf({ input: "2", output: "10", cacheRead: "0.2", cacheWrite: "2.5" }) as Price;
const cost = (price: Price | undefined, usage?: MessageInitShape<typeof UsageSchema>): string | undefined =>
  costText(costOf(usage && create(UsageSchema, usage), price));

describe("a cost", () => {
  it("is of every kind of token at its own rate, and of none twice", () => {
    const usage = { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 400, cacheWriteTokens: 100 };
    expect(cost(flat, usage)).toBe("0.00233");
    const spoken = { ...flat, inputAudio: 40_000_000_000n, outputAudio: 80_000_000_000n, reasoning: 3_000_000_000n };
    const all = { ...usage, inputAudioTokens: 900, outputAudioTokens: 20, reasoningTokens: 30 };
    // 500 uncached, all of them sound; 400 read, 100 written; 20 spoken, 30 reasoned, 50 written.
    expect(cost(spoken, all)).toBe("0.02252");
  });

  it("has what each request costs beside its tokens", () => {
    expect(cost({ ...flat, request: 5_000_000_000_000n }, { inputTokens: 0, outputTokens: 0 })).toBe("0.005");
  });

  it("of a long prompt has the rates of its tier for every token", () => {
    const long = priceOf({ input: "4", output: "15" }) as Price;
    const tiered = { ...flat, tiers: [{ above: 200_000, rates: long }] };
    expect(cost(tiered, { inputTokens: 200_000, outputTokens: 1000 })).toBe("0.41");
    expect(cost(tiered, { inputTokens: 200_001, outputTokens: 1000 })).toBe("0.815004");
    expect(cost(tiered, { outputTokens: 1000 })).toBe("unpriced");
  });

  it("is unpriced, and never zero, without a price or without a count that matters", () => {
    expect(cost(undefined, { inputTokens: 1, outputTokens: 1 })).toBe("unpriced");
    expect(cost(flat)).toBe("unpriced");
    expect(cost(flat, { inputTokens: 1 })).toBe("unpriced");
    expect(costOf(undefined, flat).state).toBe(CostState.UNPRICED);
    expect(dollars(costOf(undefined, flat))).toBeUndefined();
  });

  it("of zero is a cost: what is free needs no count", () => {
    const free = priceOf({ input: "0", output: "0" });
    expect(cost(free, { inputTokens: 5, outputTokens: 5 })).toBe("0");
    expect(cost(free)).toBe("0");
    expect(cost(priceOf({ input: "1", output: "0" }), { inputTokens: 1_000_000 })).toBe("1");
  });

  it("is rounded up to a billionth of a dollar", () => {
    expect(cost(priceOf({ input: "0.000000001", output: "0" }), { inputTokens: 1 })).toBe("0.000000001");
  });
});

it("a price that is no amount is none", () => {
  expect(priceOf({ input: "1,5", output: "1" })).toBeUndefined();
  expect(priceOf({ input: "1", output: "1", cacheRead: "x" })).toBeUndefined();
});
