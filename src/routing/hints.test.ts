import { describe, expect, it } from "vitest";
import { at, group, routingWorld } from "../../test/support/routing-world.js";

const models = [
  {
    name: "smart",
    targets: [
      at("a", { region: "us", tags: ["fast"] }),
      at("b", { region: "eu", tags: ["fast", "cheap"] }),
      group("pool", { region: "eu" }),
    ],
    fallbacks: ["spare"],
    contextFallbacks: ["long"],
    contentFallbacks: ["spare"],
  },
  { name: "pool", targets: [at("c", { tags: ["fast"] }), at("d", { region: "us" })] },
  { name: "spare", targets: [at("b"), at("e")] },
  { name: "long", targets: [at("e", { model: "long" })] },
];
const world = (allow: readonly string[] = []) => routingWorld({ models, allow });

describe("a caller may wish", () => {
  it.each([
    ["nothing: the route's own fallbacks follow, each target once", {}, ["a/m", "b/m", "c/m", "d/m", "e/m"]],
    ["a region, which a group gives to targets that tell none", { region: "eu", fallbacks: ["long"] }, ["b/m", "c/m"]],
    ["tags, all of them", { tags: ["fast", "cheap"] }, ["b/m"]],
    [
      "other models to fall back to, in the place of the route's own",
      { fallbacks: ["long"] },
      ["a/m", "b/m", "c/m", "d/m", "e/long"],
    ],
    ["without some providers", { excludeProviders: ["a", "e"] }, ["b/m", "c/m", "d/m"]],
  ])("%s", async (_what, hints, expected) => {
    expect(await world().names({ hints })).toEqual(expected);
  });

  it("another strategy, fewer attempts, another end of cuts, other fallbacks", async () => {
    const { policy, plan } = await world().planned({
      hints: { strategy: "round_robin", maxAttempts: 2, onCut: "continue", contextFallbacks: ["spare"] },
    });
    expect(plan?.[0]?.reason).toBe("its turn by round robin");
    expect(policy).toMatchObject({ onCut: "continue", retry: { maxAttempts: 2, retries: 1 } });
    expect(policy?.contextFallbacks().map(({ target }) => target.name)).toEqual(["b/m", "e/m"]);
    expect(policy?.contentFallbacks().map(({ target }) => target.name)).toEqual(["b/m", "e/m"]);
    const { policy: usual } = await world().planned({ hints: { maxAttempts: 99 } });
    expect(usual?.retry.maxAttempts).toBe(8);
    expect(usual?.contextFallbacks().map(({ target }) => target.name)).toEqual(["e/long"]);
  });

  it.each([
    [{ strategy: "fastest" }, "invalid_request", "routing.strategy"],
    [{ onCut: "stop" }, "invalid_request", "routing.on_cut"],
    [{ maxAttempts: 0 }, "invalid_request", "routing.max_attempts"],
    [{ contextFallbacks: ["spare", "logn"] }, "model_not_found", "routing.context_fallbacks[1]"],
    [{ contentFallbacks: ["x"] }, "model_not_found", "routing.content_fallbacks[0]"],
    [{ region: "mars" }, "invalid_request", "routing.region"],
    [{ tags: ["slow"] }, "invalid_request", "routing.tags"],
  ])("nothing that there is not: %j", async (hints, code, field) => {
    expect(await world().refusal({ hints })).toMatchObject({ code, facts: { field } });
  });
});

describe("where only some wishes are allowed", () => {
  it("those are granted", async () => {
    expect(await world(["region", "tags"]).names({ hints: { region: "us", tags: ["fast"] } })).toEqual(["a/m"]);
  });

  it.each([
    [{ preferredProviders: ["a"] }, "preferred_providers"],
    [{ excludeProviders: ["a"] }, "exclude_providers"],
    [{ fallbacks: ["spare"] }, "fallbacks"],
    [{ strategy: "weighted" }, "strategy"],
    [{ stickyKey: "k" }, "sticky_key"],
    [{ contextFallbacks: ["long"] }, "context_fallbacks"],
    [{ contentFallbacks: ["long"] }, "content_fallbacks"],
    [{ maxAttempts: 1 }, "max_attempts"],
    [{ onCut: "fail" }, "on_cut"],
    [{ tags: ["fast"] }, "tags"],
  ])("%j is refused by its name, %s", async (hints, member) => {
    expect(await world(["region"]).refusal({ hints })).toMatchObject({
      code: "permission_denied",
      message: `Callers may not wish routing.${member} here. They may wish region.`,
      facts: { field: `routing.${member}` },
    });
  });
});
