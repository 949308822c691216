import { describe, expect, it } from "vitest";
import type { ProviderHandle } from "../core/target.js";
import type { OfferedModel } from "../sdk/index.js";
import { noCatalog } from "../../test/support/no-catalog.js";
import { quietView } from "../../test/support/quiet-view.js";
import { usualRoutes } from "../../test/support/route-defaults.js";
import { stillClock } from "../../test/support/still-clock.js";
import { createModelDirectory } from "./model-directory.js";
import type { ModelEntry } from "./route-entry.js";

function provider(name: string, models: readonly string[] = []): ProviderHandle {
  const offered: OfferedModel[] = models.map((model) => ({ name: model, operations: ["complete"] }));
  return {
    name,
    ready: () => ({ provider: { models: offered, complete: () => [] as never }, upstream: undefined }) as never,
    close: () => Promise.resolve(),
  } as unknown as ProviderHandle;
}

function broken(name: string): ProviderHandle {
  return { name, ready: () => Promise.reject(new Error("it does not load")) } as unknown as ProviderHandle;
}

function directory(entries: readonly ModelEntry[], ...providers: readonly ProviderHandle[]) {
  return createModelDirectory(
    new Map(providers.map((each) => [each.name, each])),
    entries,
    noCatalog,
    () => quietView,
    1_700_000_000,
    stillClock,
    usualRoutes,
  );
}

const entry = (provider: string, model: string, priority: number) => ({ provider, model, priority, price: undefined });

describe("a model directory", () => {
  const models = directory(
    [{ name: "smart", targets: [entry("b", "two", 1), entry("a", "one", 0), entry("b", "three", 1)] }],
    provider("a", ["one"]),
    provider("b", ["two", "deep/er"]),
  );

  it("orders targets by priority, equal ones as they were written", () => {
    expect(models.find("smart")?.map((target) => target.name)).toEqual(["a/one", "b/two", "b/three"]);
  });

  it("finds provider/model without an entry, split at the first slash", () => {
    expect(models.find("b/deep/er")?.[0]).toMatchObject({ name: "b/deep/er", upstreamModel: "deep/er" });
  });

  it.each(["", "/", "a/", "/one", "c/one", "one", "__proto__", "constructor"])("finds nothing for %j", (name) => {
    expect(models.find(name)).toBeUndefined();
  });

  it("lists every name with what it can do, sorted", async () => {
    expect((await models.list()).map((model) => model.name)).toEqual(["a/one", "b/deep/er", "b/two", "smart"]);
  });

  it.each([
    ["smrat", ["smart"]],
    ["a/oen", ["a/one"]],
    ["deep/er", ["b/deep/er"]],
    ["two", ["b/two"]],
    ["aa/what-ever", ["a/what-ever"]],
    ["entirely-different", []],
  ])("tells what %s may have been meant to be", async (name, near) => {
    expect(await models.near(name)).toEqual(near);
  });

  it("does without a provider that cannot be loaded", async () => {
    const some = directory([], provider("a", ["one"]), broken("b"));
    expect((await some.list()).map((model) => model.name)).toEqual(["a/one"]);
    expect(await some.near("a/on")).toEqual(["a/one"]);
  });

  it("does not grow with the names that clients make up", () => {
    const some = directory([], provider("a"));
    const first = some.find("a/0");
    expect(some.find("a/0")).toBe(first);
    for (let i = 0; i < 20_000; i += 1) expect(some.find(`a/${i}`)).toHaveLength(1);
    expect(some.find("a/19999")).toBe(some.find("a/19999"));
    expect(some.find("a/0")).not.toBe(first);
  });
});
