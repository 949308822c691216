import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AttemptKind } from "../sdk/index.js";
import {
  exchangeOf,
  freeStates,
  holdTime,
  KeptAnswer,
  loopOver,
  speaking,
  targetOf,
} from "../../test/support/attempt-world.js";
import { seeded } from "../../test/support/seeded.js";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
});

const QUICK_MS = 100;
const SLOW_MS = 20 * QUICK_MS;
const REQUESTS = 2000;

interface Figures {
  /** Milliseconds to the first content that half, and all but one in a hundred, of the requests did not exceed. */
  readonly p50: number;
  readonly p99: number;
  /** Hedged requests in a hundred. */
  readonly hedged: number;
  /** What the attempts cost that lost, in a hundred of what those did that answered. */
  readonly extraSpend: number;
}

/** Two targets whose calls take 80 to 120 ms, but for one in twenty, which takes twenty times that. */
async function measure(seed: number, hedge?: { afterMs: number | undefined; maxPercent: number }): Promise<Figures> {
  const random = seeded(seed);
  const states = freeStates();
  const says = speaking(() => ({ firstMs: (random() < 0.05 ? SLOW_MS : QUICK_MS) * (0.8 + 0.4 * random()) }));
  const plan = ["a", "b"].map((name) => ({ target: targetOf(name, says, states.view(`${name}/m`)), reason: name }));
  const run = loopOver(states);
  const asked = [];
  for (let i = 0; i < REQUESTS; i += 1) {
    const sink = new KeptAnswer();
    const exchange = exchangeOf(plan, { hedge: hedge && { ...hedge, route: "smart" } }, sink);
    asked.push({ sink, exchange, done: run(exchange) });
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all(asked.map(({ done }) => done));
  const waits = asked.map(({ sink, exchange }) => (sink.firstAt as number) - exchange.startedAt).sort((x, y) => x - y);
  let spent = 0;
  let lost = 0;
  let hedged = 0;
  for (const { exchange, sink } of asked) {
    expect(sink).toMatchObject({ ended: "close", opened: 1, text: "one two" });
    if (exchange.attempts.some(({ kind }) => kind === AttemptKind.HEDGE)) hedged += 1;
    const costs = exchange.attempts.map(({ cost }) => Number(cost?.nanoDollars));
    spent += costs.at(-1) ?? 0;
    lost += costs.slice(0, -1).reduce((sum, cost) => sum + cost, 0);
    expect(Number(exchange.cost?.nanoDollars)).toBe(costs.reduce((sum, cost) => sum + cost, 0));
  }
  return {
    p50: waits[Math.floor(REQUESTS / 2)] as number,
    p99: waits[Math.floor(REQUESTS * 0.99)] as number,
    hedged: (100 * hedged) / REQUESTS,
    extraSpend: (100 * lost) / spent,
  };
}

describe("hedging where one call in twenty is twenty times slower", () => {
  it.each([1, 2, 3])("cuts the 99th percentile by half or more, within the extra spend (seed %i)", async (seed) => {
    const alone = await measure(seed);
    const fixed = await measure(seed, { afterMs: 150, maxPercent: 10 });
    const usual = await measure(seed, { afterMs: undefined, maxPercent: 10 });
    expect(alone.p99).toBeGreaterThan(SLOW_MS * 0.8);
    for (const hedged of [fixed, usual]) {
      expect(hedged.p99).toBeLessThanOrEqual(alone.p99 / 2);
      expect(hedged.hedged).toBeGreaterThan(3);
      expect(hedged.hedged).toBeLessThanOrEqual(10);
      expect(hedged.extraSpend).toBeLessThanOrEqual(10);
    }
  });

  it("spends no more than the cap when everything is slow, and helps as far as that goes", async () => {
    const { hedged, extraSpend } = await measure(4, { afterMs: 10, maxPercent: 3 });
    expect(hedged).toBeGreaterThan(2.9);
    expect(hedged).toBeLessThanOrEqual(3);
    expect(extraSpend).toBeLessThanOrEqual(3);
  });
});
