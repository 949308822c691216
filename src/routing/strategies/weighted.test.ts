import { describe, expect, it } from "vitest";
import { at, routingWorld } from "../../../test/support/routing-world.js";
import { quietView } from "../../../test/support/quiet-view.js";
import { seeded } from "../../../test/support/seeded.js";
import type { ModelEntry } from "../route-entry.js";

const weights = { a: 5, b: 3, c: 2 };
const entry = (weighted: Readonly<Record<string, number>>, more: Partial<ModelEntry> = {}): ModelEntry => ({
  name: "smart",
  strategy: "weighted",
  targets: Object.entries(weighted).map(([provider, weight]) => at(provider, { weight })),
  ...more,
});
const header = (value: string | undefined) => ({ key: "k", header: () => value });

/** How often each order came of `count` requests. */
async function orders(count: number, names: (i: number) => Promise<string[]>): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  for (let i = 0; i < count; i += 1) {
    const order = (await names(i)).map((name) => name[0]).join("");
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  return seen;
}

const shareOf = (seen: ReadonlyMap<string, number>, first: string): number => {
  const all = [...seen.values()].reduce((sum, count) => sum + count, 0);
  return [...seen].filter(([order]) => order.startsWith(first)).reduce((sum, [, count]) => sum + count, 0) / all;
};

describe("weighted", () => {
  it("gives each its share of the first places, and of the second ones what is left of it", async () => {
    const { names } = routingWorld({ models: [entry(weights)], random: seeded(1) });
    const seen = await orders(20_000, () => names());
    expect(shareOf(seen, "a")).toBeCloseTo(0.5, 1);
    expect(shareOf(seen, "b")).toBeCloseTo(0.3, 1);
    expect(shareOf(seen, "c")).toBeCloseTo(0.2, 1);
    // Without replacement: after a, b has 3 of the 5 that are left.
    expect(shareOf(seen, "ab") / shareOf(seen, "a")).toBeCloseTo(0.6, 1);
    expect(shareOf(seen, "ca") / shareOf(seen, "c")).toBeCloseTo(5 / 8, 1);
  });

  it("gives nothing to a weight of 0 until no other is left", async () => {
    const { names } = routingWorld({ models: [entry({ a: 0, b: 1, c: 1 })], random: seeded(2) });
    const seen = await orders(1000, () => names());
    expect([...seen.keys()].sort()).toEqual(["bca", "cba"]);
    const alone = routingWorld({
      models: [entry({ a: 0, b: 1 })],
      viewOf: (target) => ({
        ...quietView,
        unavailable: () => (target === "b/m" ? { reason: "it is ill", retryAfterMs: 1, ejected: false } : undefined),
      }),
    });
    expect(await alone.reasons()).toEqual([
      "a/m: chosen by weight",
      "b/m: chosen by weight; not available now: it is ill",
    ]);
  });

  it("stays with a user's choice in the shares of the weights, and otherwise chooses anew", async () => {
    const { names } = routingWorld({
      models: [entry(weights, { sticky: { header: "x-user" } })],
      random: seeded(3),
    });
    const firsts = new Map<string, string>();
    const seen = await orders(10_000, async (i) => {
      const order = await names({ caller: header(`user-${i}`) });
      firsts.set(`user-${i}`, order.join());
      return order;
    });
    expect(shareOf(seen, "a")).toBeCloseTo(0.5, 1);
    expect(shareOf(seen, "c")).toBeCloseTo(0.2, 1);
    expect(shareOf(seen, "ab") / shareOf(seen, "a")).toBeCloseTo(0.6, 1);
    for (const [user, order] of firsts) expect((await names({ caller: header(user) })).join()).toBe(order);
    expect((await orders(200, () => names({ caller: header(undefined) }))).size).toBeGreaterThan(3);
  });

  it("moves only its share when a weight changes, or a target is not available", async () => {
    const users = Array.from({ length: 10_000 }, (_, i) => header(`user-${i}`));
    const firsts = async (world: ReturnType<typeof routingWorld>): Promise<string[]> =>
      Promise.all(users.map(async (caller) => (await world.names({ caller }))[0] as string));
    const sticky = { sticky: { header: "x-user" } } as const;
    const before = await firsts(routingWorld({ models: [entry(weights, sticky)] }));
    const heavier = await firsts(routingWorld({ models: [entry({ ...weights, c: 4 }, sticky)] }));
    for (const [i, first] of heavier.entries()) if (first !== before[i]) expect(first).toBe("c/m");
    const moved = heavier.filter((first, i) => first !== before[i]).length / users.length;
    expect(moved).toBeCloseTo(4 / 12 - 2 / 10, 1);
    const without = await firsts(
      routingWorld({
        models: [entry(weights, sticky)],
        viewOf: (target) => ({
          ...quietView,
          unavailable: () => (target === "b/m" ? { reason: "-", retryAfterMs: 1, ejected: true } : undefined),
        }),
      }),
    );
    for (const [i, first] of without.entries()) if (before[i] !== "b/m") expect(first).toBe(before[i]);
    expect(without).not.toContain("b/m");
  });

  it.each([
    ["routing.sticky_key, whatever the route says", { hints: { stickyKey: "one" } }, {}],
    ["the caller's key", { caller: { key: "one", header: () => undefined } }, { sticky: "key" }],
  ] as const)("stays with %s", async (_what, asked, more) => {
    const { names } = routingWorld({ models: [entry(weights, more)], random: seeded(4) });
    expect((await orders(100, () => names(asked))).size).toBe(1);
  });
});
