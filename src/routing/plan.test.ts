import { describe, expect, it } from "vitest";
import { Exchange } from "../core/exchange.js";
import type { PlannedTarget, ProviderHandle } from "../core/target.js";
import { create, type MessageInitShape, ParlanceError, RoutingHintsSchema } from "../sdk/index.js";
import { noCatalog } from "../../test/support/no-catalog.js";
import { createModelDirectory } from "./model-directory.js";
import { createRouting } from "./plan.js";
import { quietView } from "../../test/support/quiet-view.js";
import { usualRoutes } from "../../test/support/route-defaults.js";
import { stillClock } from "../../test/support/still-clock.js";

const providers = new Map(
  ["a", "b", "c"].map((name) => [
    name,
    { name, ready: () => Promise.reject(new Error("not called")) } as unknown as ProviderHandle,
  ]),
);
const entry = (provider: string, priority: number) => ({ provider, model: "m", priority, price: undefined });
const directory = createModelDirectory(
  providers,
  [
    { name: "smart", targets: [entry("a", 0), entry("b", 1)] },
    { name: "other", targets: [entry("c", 0), entry("b", 1)] },
  ],
  noCatalog,
  () => quietView,
  0,
  stillClock,
  usualRoutes,
);
const stage = createRouting({
  models: directory,
  providers: [...providers.keys()],
  allow: [],
  version: "1",
  random: () => 0,
  explore: 0,
  credentialsOf: () => ({ unavailable: undefined, resting: [] }),
});

async function plan(hints?: MessageInitShape<typeof RoutingHintsSchema>): Promise<string[]> {
  const exchange = new Exchange({
    id: "1",
    door: "test",
    ask: { operation: "embed", wire: undefined, embedding: undefined },
    model: "smart",
    stream: false,
    strict: false,
    routing: hints === undefined ? undefined : create(RoutingHintsSchema, hints),
    sink: undefined as never,
    clock: { monotonic: () => 0, wall: () => 0 },
  });
  await stage.enter?.(exchange);
  return (exchange.plan ?? []).map(({ target, reason }: PlannedTarget) => `${target.name}: ${reason}`);
}

const refusal = (hints: MessageInitShape<typeof RoutingHintsSchema>): Promise<ParlanceError> =>
  plan(hints).then(
    () => expect.fail("it was planned"),
    (thrown: unknown) => ParlanceError.from(thrown),
  );

describe("the plan", () => {
  it("takes the route's targets by priority", async () => {
    expect(await plan()).toEqual(["a/m: first by priority", "b/m: fallback 1 by priority"]);
    expect(await plan({ strategy: "priority" })).toEqual(await plan());
  });

  it("puts preferred providers first, and the models to fall back to after the route's own targets", async () => {
    expect(await plan({ preferredProviders: ["b"], fallbacks: ["other"] })).toEqual([
      "b/m: preferred by the caller, fallback 1 by priority",
      "a/m: first by priority",
      "c/m: fallback to other, first by priority",
    ]);
  });

  it("leaves out excluded providers, also of fallbacks, and is refused when none is left", async () => {
    expect(await plan({ excludeProviders: ["a", "b"], fallbacks: ["other"] })).toEqual([
      "c/m: fallback to other, first by priority",
    ]);
    expect(await refusal({ excludeProviders: ["a", "b"] })).toMatchObject({
      code: "invalid_request",
      facts: { field: "routing.exclude_providers" },
    });
  });

  it("is refused for what does not exist, by name", async () => {
    expect(await refusal({ strategy: "cheapst" })).toMatchObject({
      code: "invalid_request",
      message: 'There is no strategy "cheapst" for routing.strategy. Near names: cheapest.',
      facts: { field: "routing.strategy", suggestions: ["cheapest"] },
    });
    expect(await refusal({ excludeProviders: ["a", "bb"] })).toMatchObject({
      code: "invalid_request",
      facts: { field: "routing.exclude_providers[1]", suggestions: ["b"] },
    });
    expect((await refusal({ preferredProviders: ["z!"] })).facts.field).toBe("routing.preferred_providers[0]");
    expect(await refusal({ fallbacks: ["othr"] })).toMatchObject({
      code: "model_not_found",
      facts: { field: "routing.fallbacks[0]", suggestions: ["other"] },
    });
  });
});
