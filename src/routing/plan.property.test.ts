import { expect, it } from "vitest";
import { quietView } from "../../test/support/quiet-view.js";
import { at, group, routingWorld } from "../../test/support/routing-world.js";
import { seeded } from "../../test/support/seeded.js";
import type { ModelEntry } from "./route-entry.js";
import { STRATEGY_NAMES } from "./strategy-name.js";

const PROVIDERS = ["a", "b", "c", "d", "e"];

it("a plan holds every eligible target once and none else, whatever the strategies, groups, wishes and states", async () => {
  const random = seeded(42);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = <T>(from: readonly T[]): T[] => from.filter(() => random() < 0.4);
  for (let round = 0; round < 400; round += 1) {
    const regions = new Map<string, string>();
    const targetsOf = (count: number) =>
      Array.from({ length: count }, () => {
        const provider = pick(PROVIDERS);
        const model = pick(["m", "n"]);
        const name = `${provider}/${model}`;
        const region = regions.get(name) ?? pick(["eu", "us"]);
        regions.set(name, region);
        return at(provider, { model, region, weight: Math.floor(random() * 3), priority: Math.floor(random() * 3) });
      });
    const entry = (name: string, targets: ModelEntry["targets"], more: Partial<ModelEntry> = {}): ModelEntry => ({
      name,
      targets,
      strategy: pick(STRATEGY_NAMES),
      ...more,
    });
    const models = [
      entry("deep", targetsOf(2)),
      entry("pool", [...targetsOf(2), group("deep")]),
      entry("spare", targetsOf(2)),
      entry("smart", [...targetsOf(3), group("pool")], { fallbacks: ["spare"] }),
    ];
    const down = new Set(some([...regions.keys()]));
    const { planned, refusal } = routingWorld({
      models,
      random,
      explore: 0.3,
      viewOf: (target) => ({
        ...quietView,
        inFlight: target.length,
        unavailable: () => (down.has(target) ? { reason: "-", retryAfterMs: 1, ejected: false } : undefined),
      }),
    });
    const excludeProviders = some(PROVIDERS);
    const region = pick(["eu", undefined]);
    const hints = {
      excludeProviders,
      preferredProviders: some(PROVIDERS),
      ...(random() < 0.5 && { strategy: pick(STRATEGY_NAMES) }),
      ...(region !== undefined && { region }),
    };
    const eligible = [...regions]
      .filter(([, where]) => region === undefined || where === region)
      .map(([name]) => name)
      .filter((name) => !excludeProviders.includes(name[0] as string));
    if (eligible.length === 0) {
      expect((await refusal({ hints })).code).toBe("invalid_request");
      continue;
    }
    const { plan } = await planned({ hints });
    expect(plan?.map(({ target }) => target.name).sort()).toEqual(eligible.sort());
    expect(plan?.at(-1)?.verdict).toBeUndefined();
    expect(plan?.every(({ reason }) => reason !== "")).toBe(true);
  }
});
