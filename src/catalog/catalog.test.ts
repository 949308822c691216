import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerJson, startUpstream, type TestUpstream } from "../../test/kits/upstream.js";
import { systemClock } from "../core/clock.js";
import { type Catalog, createCatalog } from "./catalog.js";

const data = (dollars: number) => [
  {
    id: "acme",
    name: "Acme",
    api_pattern: "https://acme",
    models: [{ id: "big", match: { equals: "big" }, prices: { input_mtok: dollars, output_mtok: 0 } }],
  },
];

let upstream: TestUpstream;
let catalog: Catalog;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  upstream = await startUpstream(answerJson(data(1)));
  lines = [];
  catalog = createCatalog({
    clock: systemClock,
    write: (level, record) => lines.push({ level, ...record }),
    limits: { timeoutMs: 500, maxBytes: 10_000 },
  });
});
afterEach(async () => {
  catalog.stop();
  await upstream.close();
});

const halfOfIt: Parameters<TestUpstream["behave"]>[0] = (_request, response) => {
  response.writeHead(200).write("[");
};

const view = () =>
  catalog.view({ providers: new Map([["a", { ids: ["acme"], baseUrl: undefined, certain: false }]]), entries: [] });
const follow = (refreshMs = 3_600_000): Promise<unknown> => {
  catalog.follow({ url: `${upstream.url}/data.json?token=secret`, refreshMs });
  return catalog.refresh();
};

describe("the catalogue", () => {
  it("loads the data that comes with Parlance when it is first needed, and says which", async () => {
    expect(catalog.status()).toMatchObject({ state: "loading", prices: undefined, url: undefined });
    await catalog.ready();
    const { state, prices } = catalog.status();
    expect(state).toBe("ok");
    expect(prices).toMatchObject({ source: "@pydantic/genai-prices", version: "0.1.8" });
    expect(prices?.vendors.length).toBeGreaterThan(20);
    expect(upstream.seen).toEqual([]);
  });

  it("fetches nothing unless it is told from where", async () => {
    await expect(catalog.refresh()).rejects.toThrow('Set "catalog.url"');
    expect(upstream.seen).toEqual([]);
  });

  it("has what it fetched in force at once, with a version of its own", async () => {
    const price = view().price("a", "big");
    await catalog.ready();
    expect(price()).toBeUndefined();
    await follow();
    expect(price()?.input).toBe(1_000_000_000n);
    const { prices, nextRefresh, url } = catalog.status();
    expect(prices?.version).toMatch(/^[0-9a-f]{12}$/);
    expect(url).toBe(`${upstream.url}/data.json`);
    expect(nextRefresh).toBeGreaterThan(Date.now() + 3_000_000);
    upstream.behave(answerJson(data(2)));
    await catalog.refresh();
    expect(price()?.input).toBe(2_000_000_000n);
    expect(catalog.status().prices?.version).not.toBe(prices?.version);
    expect(lines.map(({ msg }) => msg)).toEqual(["catalogue refreshed", "catalogue refreshed"]);
  });

  it("fetches again by itself", async () => {
    await follow(30);
    const asked = upstream.seen.length;
    while (upstream.seen.length < asked + 3) await new Promise((resolve) => setTimeout(resolve, 10));
    // What did not change is no news.
    expect(lines.map(({ msg }) => msg)).toEqual(["catalogue refreshed"]);
  });

  it.each<[string, Parameters<TestUpstream["behave"]>[0], string]>([
    ["a syntax error", answerJson("[{"), "what came is not JSON"],
    ["a wrong shape", answerJson([{ id: "acme" }]), "[0].api_pattern is not a text"],
    ["an error", answerJson({}, 503), "it was answered with 503"],
    ["too much", answerJson(" ".repeat(20_000)), "what came is more than 10000 bytes"],
    ["nothing in time", () => {}, "it took longer than 500 ms"],
    ["half of it", halfOfIt, "it took longer"],
    ["a closed connection", (_request, response) => void response.destroy(), "other side closed"],
  ])(
    "keeps the last good data when there comes %s, and tells it once until it is back",
    async (_what, fault, reason) => {
      await follow();
      const { prices } = catalog.status();
      upstream.behave(fault);
      await expect(catalog.refresh()).rejects.toThrow(reason);
      await expect(catalog.refresh()).rejects.toThrow(reason);
      const status = catalog.status();
      expect(status).toMatchObject({ state: "degraded", prices });
      expect(status.reason).toContain(reason);
      expect(status.reason).not.toContain("secret");
      upstream.behave(answerJson(data(1)));
      await catalog.refresh();
      expect(catalog.status()).toMatchObject({ state: "ok", reason: undefined });
      expect(lines.map(({ msg }) => msg)).toEqual(["catalogue refreshed", "catalogue degraded", "catalogue back"]);
      expect(JSON.stringify(lines)).not.toContain("secret");
    },
  );

  it("does without what it cannot reach, from the beginning", async () => {
    catalog.follow({ url: "http://127.0.0.1:1/", refreshMs: 3_600_000 });
    await expect(catalog.refresh()).rejects.toThrow("gave no newer data");
    expect(catalog.status().prices?.version).toBe("0.1.8");
  });

  it("is in order again when it need not fetch any more", async () => {
    upstream.behave(answerJson({}, 500));
    await follow().catch(() => {});
    expect(catalog.status().state).toBe("degraded");
    catalog.follow({ url: undefined, refreshMs: 1 });
    expect(catalog.status()).toMatchObject({ state: "ok", nextRefresh: undefined, url: undefined });
  });
});
