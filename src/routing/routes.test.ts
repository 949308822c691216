import { describe, expect, it } from "vitest";
import { at, group, routingWorld } from "../../test/support/routing-world.js";

describe("a name is found as", () => {
  const { names, directory } = routingWorld({
    models: [
      { name: "smart", targets: [at("a"), at("b", { priority: 1 })] },
      { name: "clever", alias: "smart", targets: [] },
      { name: "cleverer", alias: "clever", targets: [] },
      { name: "raw", alias: "c/deep/er", targets: [] },
      { name: "gpt-*", targets: [at("a", { model: "*" })] },
      { name: "gpt-5-*", targets: [at("b", { model: "gpt-five-*" })] },
      { name: "*-latest", targets: [at("c", { model: "*" })] },
      { name: "gpt-4", targets: [at("d", { model: "four" })] },
      { name: "acme/*", targets: [at("d", { model: "*" })] },
      { name: "e/*-mini", targets: [at("d", { model: "mini/*" })] },
      { name: "x-*-y-*", targets: [at("a", { model: "*+*" })] },
      { name: "old-*", alias: "gpt-4", targets: [] },
      { name: "pool", targets: [group("smart"), group("gpt-9"), at("e")] },
    ],
  });

  it.each([
    ["itself", "smart", ["a/m", "b/m"]],
    ["what an alias stands for", "clever", ["a/m", "b/m"]],
    ["what an alias of an alias stands for", "cleverer", ["a/m", "b/m"]],
    ["provider/model by an alias", "raw", ["c/deep/er"]],
    ["what a pattern stands for, with the name that was asked for", "gpt-9", ["a/gpt-9"]],
    ["the pattern with the longest text before its star", "gpt-5-mini", ["b/gpt-five-mini"]],
    ["the same, where another pattern matches too", "gpt-5-latest", ["b/gpt-five-latest"]],
    ["a pattern that begins with its star", "o3-latest", ["c/o3-latest"]],
    ["an exact name before every pattern", "gpt-4", ["d/four"]],
    ["a name in a place, without the place", "acme/gpt/9", ["d/gpt/9"]],
    ["a pattern that names a provider, before provider/model", "e/gpt-mini", ["d/mini/gpt"]],
    ["provider/model, where no such pattern matches", "e/gpt-maxi", ["e/gpt-maxi"]],
    ["what each star stands for", "x-1-y-2", ["a/1+2"]],
    ["what the alias of a pattern stands for", "old-one", ["d/four"]],
    ["the targets of groups in their places", "pool", ["a/m", "b/m", "a/gpt-9", "e/m"]],
  ])("%s: %s", async (_what, name, expected) => {
    expect(await names({ model: name })).toEqual(expected);
    expect(directory.find(name)?.map((target) => target.name)).toEqual(expected);
  });

  it("nothing else", () => {
    for (const name of ["gpt", "old", "x-1-y", "f/m", "acme", "", "*"])
      expect(directory.find(name), name).toBeUndefined();
  });

  it("itself in the list, an alias too, and a pattern only where it is asked for", async () => {
    const listed = (await directory.list()).map(({ name }) => name);
    expect(listed).toEqual(["clever", "cleverer", "gpt-4", "pool", "raw", "smart"]);
    expect(await directory.describe("gpt-77")).toMatchObject({
      name: "gpt-77",
      targets: [{ provider: "a", upstreamModel: "gpt-77" }],
    });
    expect(await directory.describe("clever")).toMatchObject({ name: "clever", targets: [{ provider: "a" }, {}] });
  });

  it("the same route each time, whose memory does not grow with the names that clients make up", () => {
    const first = directory.route("gpt-1");
    expect(directory.route("gpt-1")).toBe(first);
    for (let i = 0; i < 10_001; i += 1) directory.route(`gpt-made-up-${i}`);
    expect(directory.route("gpt-1")).not.toBe(first);
    expect(directory.route("old-1")).toBe(directory.route("gpt-4"));
  });
});

describe("a group", () => {
  const { reasons } = routingWorld({
    models: [
      { name: "smart", targets: [at("a"), group("pool", { priority: 1 }), at("e", { priority: 2 })] },
      { name: "pool", strategy: "weighted", targets: [at("b", { weight: 0 }), at("c", { weight: 1 }), group("deep")] },
      { name: "deep", targets: [at("d"), at("a")] },
    ],
    random: () => 0.5,
  });

  it("stands in its place as a block, ordered by its own strategy, each target once", async () => {
    expect(await reasons()).toEqual([
      "a/m: first by priority",
      "c/m: fallback 1 by priority, in pool: chosen by weight",
      "d/m: fallback 1 by priority, in pool: fallback 1 by weight, in deep: first by priority",
      "b/m: fallback 1 by priority, in pool: fallback 2 by weight",
      "e/m: fallback 2 by priority",
    ]);
  });
});

it("a plan of one target is made once", async () => {
  const { planned } = routingWorld({ models: [{ name: "smart", targets: [at("a")] }] });
  const [one, other] = [await planned(), await planned()];
  expect(one.plan).toBe(other.plan);
  expect(one.policy).toBe(other.policy);
  expect(Object.isFrozen(one.plan)).toBe(true);
});
