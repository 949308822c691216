import { describe, expect, it } from "vitest";
import { STRATEGIES as CHECKED } from "../../config/check-models.js";
import { priceOf } from "../../core/pricing.js";
import { chatAsk, wireAsk } from "../../../test/support/asks.js";
import { quietView } from "../../../test/support/quiet-view.js";
import { at, group, routingWorld } from "../../../test/support/routing-world.js";
import { seeded } from "../../../test/support/seeded.js";
import { STRATEGY_NAMES } from "../strategy-name.js";

const down = { reason: "it is ill", retryAfterMs: 1, ejected: false };

it("the check of a configuration knows every strategy, and no other", () => {
  expect([...CHECKED].sort()).toEqual([...STRATEGY_NAMES].sort());
});

describe("round robin", () => {
  const targets = [at("a"), at("b"), at("c")];

  it("goes round exactly, and the next ones in turn are those to fall back to", async () => {
    const { names, reasons } = routingWorld({ models: [{ name: "smart", strategy: "round_robin", targets }] });
    const orders = [];
    for (let i = 0; i < 6; i += 1) orders.push((await names()).map((name) => name[0]).join(""));
    expect(orders).toEqual(["abc", "bca", "cab", "abc", "bca", "cab"]);
    expect((await reasons())[0]).toBe("a/m: its turn by round robin");
  });

  it("shares alike what a target that is not available cannot take, and lets it in again in its turn", async () => {
    let isDown = true;
    const { names } = routingWorld({
      models: [{ name: "smart", strategy: "round_robin", targets }],
      viewOf: (target) => ({ ...quietView, unavailable: () => (isDown && target === "b/m" ? down : undefined) }),
    });
    const firsts: string[] = [];
    for (let i = 0; i < 300; i += 1) firsts.push((await names())[0] as string);
    expect(firsts.filter((name) => name === "a/m")).toHaveLength(150);
    expect(firsts.filter((name) => name === "c/m")).toHaveLength(150);
    isDown = false;
    const after: string[] = [];
    for (let i = 0; i < 300; i += 1) after.push((await names())[0] as string);
    for (const name of ["a/m", "b/m", "c/m"]) expect(after.filter((one) => one === name)).toHaveLength(100);
  });

  it("is shared by every name that a pattern stands for, and not moved by who only asks where he would go", async () => {
    const { names } = routingWorld({
      models: [{ name: "x-*", strategy: "round_robin", targets: [at("a", { model: "*" }), at("b", { model: "*" })] }],
    });
    expect((await names({ model: "x-1" }))[0]).toBe("a/x-1");
    expect((await names({ model: "x-2" }))[0]).toBe("b/x-2");
    for (let i = 0; i < 3; i += 1) expect((await names({ model: "x-3", explain: () => {} }))[0]).toBe("a/x-3");
    expect((await names({ model: "x-3" }))[0]).toBe("a/x-3");
  });
});

describe("least busy", () => {
  it("takes whoever has the fewest attempts for its weight, running and waiting ones", async () => {
    const busy: Record<string, [number, number]> = { "a/m": [4, 0], "b/m": [1, 2], "c/m": [5, 0] };
    const { reasons } = routingWorld({
      models: [
        {
          name: "smart",
          strategy: "least_busy",
          targets: [at("a"), at("b"), at("c", { weight: 2 }), at("d", { weight: 0 })],
        },
      ],
      viewOf: (target) => {
        const [inFlight, queued] = busy[target] ?? [0, 0];
        return { ...quietView, inFlight, queued };
      },
    });
    expect(await reasons()).toEqual([
      "c/m: least busy, with 5 in flight",
      "b/m: fallback 1 by load",
      "a/m: fallback 2 by load",
      "d/m: fallback 3 by load",
    ]);
  });

  it("spreads what comes while all are alike", async () => {
    const { names } = routingWorld({
      models: [{ name: "smart", strategy: "least_busy", targets: [at("a"), at("b"), at("c")] }],
      random: seeded(5),
    });
    const count: Record<string, number> = {};
    for (let i = 0; i < 3000; i += 1) {
      const [first = ""] = await names();
      count[first] = (count[first] ?? 0) + 1;
    }
    for (const name of ["a/m", "b/m", "c/m"]) expect((count[name] ?? 0) / 3000).toBeCloseTo(1 / 3, 1);
  });
});

describe("cheapest", () => {
  const price = (input: string, output: string) => priceOf({ input, output });
  const targets = [
    at("a", { price: undefined }),
    // In dollars for a million tokens.
    at("b", { price: price("1", "10") }),
    at("c", { price: price("3", "3") }),
    at("d", { price: price("0.5", "20") }),
  ];
  const { reasons, names } = routingWorld({ models: [{ name: "smart", strategy: "cheapest", targets }] });

  it("goes by what this very request would cost, prompt and longest answer; what has no price comes last", async () => {
    // 400 characters are 100 tokens, and a message has 4 more: b 104 + 1000, c 312 + 300, d 52 + 2000 nano-dollars x 1000.
    expect(await reasons({ ask: chatAsk({ text: "x".repeat(400), maxOutputTokens: 100 }) })).toEqual([
      "c/m: cheapest, at some $0.000612",
      "b/m: fallback 1 by cost",
      "d/m: fallback 2 by cost",
      "a/m: fallback 3 by cost",
    ]);
    // b 10,004 + 1000, c 30,012 + 300, d 5002 + 2000.
    expect(await names({ ask: chatAsk({ text: "x".repeat(40_000), maxOutputTokens: 100 }) })).toEqual([
      "d/m",
      "b/m",
      "c/m",
      "a/m",
    ]);
  });

  it("counts an answer of usual length, 500 tokens, where the request does not limit it", async () => {
    // b 1004 + 5000, c 3012 + 1500, d 502 + 10,000.
    expect((await reasons({ ask: chatAsk({ text: "x".repeat(4000) }) }))[0]).toBe("c/m: cheapest, at some $0.004512");
  });

  it("reads the limit of a body, in whatever dialect, and estimates its prompt by its bytes", async () => {
    const filler = { messages: [{ role: "user", content: "x".repeat(4000) }] };
    const limited = wireAsk({ ...filler, max_completion_tokens: 1 });
    const tokens = Math.ceil((limited.wire?.body.length ?? 0) / 4);
    const nanoDollars = tokens * 500 + 20_000;
    expect((await reasons({ ask: limited }))[0]).toBe(
      `d/m: cheapest, at some $${(nanoDollars / 1e9).toFixed(9).replace(/0+$/, "")}`,
    );
    for (const limit of [{ max_tokens: 1 }, { max_output_tokens: 1 }, { generationConfig: { maxOutputTokens: 1 } }]) {
      expect((await names({ ask: wireAsk({ ...filler, ...limit }) }))[0]).toBe("d/m");
    }
  });

  it("counts the higher rates of long prompts, and a group as its cheapest target", async () => {
    const low = price("1", "1");
    const tiered = low && { ...low, tiers: [{ above: 1000, rates: { ...low, input: 100_000_000_000n } }] };
    const world = routingWorld({
      models: [
        { name: "smart", strategy: "cheapest", targets: [at("a", { price: tiered }), group("pool")] },
        { name: "pool", targets: [at("b", { price: price("50", "50") }), at("c", { price: price("2", "2") })] },
      ],
    });
    expect(await world.names({ ask: chatAsk({ text: "short" }) })).toEqual(["a/m", "b/m", "c/m"]);
    expect(await world.names({ ask: chatAsk({ text: "x".repeat(8000) }) })).toEqual(["b/m", "c/m", "a/m"]);
  });
});

describe("cascade", () => {
  it("asks by priority, and has all answers judged but those of the last target that is available", async () => {
    const world = (ill: readonly string[]) =>
      routingWorld({
        models: [{ name: "smart", strategy: "cascade", targets: ["a", "b", "c"].map((name) => at(name)) }],
        viewOf: (target) => ({ ...quietView, unavailable: () => (ill.includes(target) ? down : undefined) }),
      });
    const judged = async (ill: readonly string[]) =>
      (await world(ill).planned()).plan?.map(({ target, verdict }) => [target.name, verdict?.schema]);
    expect(await judged([])).toEqual([
      ["a/m", true],
      ["b/m", true],
      ["c/m", undefined],
    ]);
    expect(await judged(["c/m"])).toEqual([
      ["a/m", true],
      ["b/m", undefined],
      ["c/m", undefined],
    ]);
    expect(await judged(["a/m"])).toEqual([
      ["b/m", true],
      ["c/m", undefined],
      ["a/m", undefined],
    ]);
  });

  it("is judged no more where the caller wishes another strategy, and last of all nobody is", async () => {
    const { planned } = routingWorld({
      models: [{ name: "smart", strategy: "cascade", targets: [at("a"), at("b")] }],
    });
    const verdicts = async (hints: object) =>
      (await planned({ hints })).plan?.map(({ verdict }) => verdict === undefined);
    expect(await verdicts({ strategy: "priority" })).toEqual([true, true]);
    expect(await verdicts({ preferredProviders: ["b"] })).toEqual([false, true]);
  });
});
