import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { answerJson, startUpstream, type TestUpstream } from "../../test/kits/upstream.js";
import { priceDataOf } from "../../test/kits/price-data.js";
import { type Catalog, createCatalog } from "../catalog/catalog.js";
import { systemClock } from "../core/clock.js";
import { priceOf } from "../core/pricing.js";
import type { ModelDirectory, ProviderHandle } from "../core/target.js";
import { CatalogState } from "../gen/parlance/admin/v1/model_catalog_pb.js";
import {
  GetCatalogModelRequestSchema,
  GetCatalogStatusRequestSchema,
  ListCatalogModelsRequestSchema,
  RefreshCatalogRequestSchema,
} from "../gen/parlance/admin/v1/model_catalog_service_pb.js";
import { createModelDirectory } from "../routing/model-directory.js";
import { CostState, create, type MessageInitShape, PriceSource } from "../sdk/index.js";
import { modelCatalogRoutes, modelCatalogService } from "./model-catalog.js";
import { quietView } from "../../test/support/quiet-view.js";
import { usualRoutes } from "../../test/support/route-defaults.js";
import { stillClock } from "../../test/support/still-clock.js";

const context = {} as HandlerContext & CallOptions;

let prices: TestUpstream;
let catalog: Catalog;
let directory: ModelDirectory;

beforeEach(async () => {
  const models = ["one", "two", "three"].map((id) => ({ id, input: 1, output: 2, contextWindow: 8 }));
  prices = await startUpstream(answerJson(priceDataOf("http://vendor.test", models)));
  catalog = createCatalog({ clock: systemClock, write: () => {} });
  catalog.follow({ url: prices.url, refreshMs: 3_600_000 });
  await catalog.refresh();
  const at = (baseUrl: string) => ({ ids: [], baseUrl, certain: false });
  const view = catalog.view({
    providers: new Map([
      ["a", at("http://vendor.test/v1")],
      ["b", at("http://127.0.0.1/v1")],
    ]),
    entries: [],
  });
  const provider = (name: string, models: readonly string[]): readonly [string, ProviderHandle] => [
    name,
    {
      name,
      ready: () => ({ provider: { models: models.map((model) => ({ name: model, operations: ["complete"] })) } }),
    } as unknown as ProviderHandle,
  ];
  const target = { provider: "b", model: "local", priority: 0, price: priceOf({ input: "0", output: "0" }) };
  directory = createModelDirectory(
    new Map([provider("a", []), provider("b", ["offered"])]),
    [{ name: "mine", targets: [target, { ...target, provider: "a", model: "two", price: undefined }] }],
    view,
    () => quietView,
    0,
    stillClock,
    usualRoutes,
  );
});
afterEach(async () => {
  catalog.stop();
  await prices.close();
});

const service = () => modelCatalogService({ catalog, models: () => directory });

async function list(request: MessageInitShape<typeof ListCatalogModelsRequestSchema>) {
  const { models = [], nextPageToken = "" } = await service().listCatalogModels(
    create(ListCatalogModelsRequestSchema, request),
    context,
  );
  return { names: models.map(({ target }) => `${target?.provider}/${target?.upstreamModel}`), nextPageToken };
}

async function get(provider: string, model: string) {
  const request = create(GetCatalogModelRequestSchema, { provider, model });
  return (await service().getCatalogModel(request, context)).model;
}

describe("ModelCatalogService", () => {
  it("lists what the data, the providers and the configuration know, in order", async () => {
    expect((await list({})).names).toEqual(["a/one", "a/three", "a/two", "b/local", "b/offered"]);
    expect((await list({ provider: "b" })).names).toEqual(["b/local", "b/offered"]);
    expect((await list({ model: "of*d" })).names).toEqual(["b/offered"]);
    expect((await list({ provider: "a", model: "t*" })).names).toEqual(["a/three", "a/two"]);
  });

  it("gives it page by page", async () => {
    const names: string[] = [];
    let pageToken = "";
    do {
      const page = await list({ pageSize: 2, pageToken });
      expect(page.names.length).toBeLessThanOrEqual(2);
      names.push(...page.names);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(names).toEqual(["a/one", "a/three", "a/two", "b/local", "b/offered"]);
    await expect(list({ pageToken: "x" })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(list({ pageSize: -1 })).rejects.toMatchObject({ facts: { field: "page_size" } });
  });

  it("tells what a model charges and who says so, also where nobody does", async () => {
    expect(await get("a", "two")).toMatchObject({
      models: ["mine"],
      target: {
        contextWindow: 8,
        price: { state: CostState.PRICED, source: PriceSource.DATA, rates: { input: "1", output: "2" } },
      },
    });
    expect(await get("b", "local")).toMatchObject({
      target: { price: { state: CostState.PRICED, source: PriceSource.CONFIG, rates: { input: "0" } } },
    });
    const unheard = await get("b", "unheard-of");
    expect(unheard).toMatchObject({ models: [], target: { price: { state: CostState.UNPRICED } } });
    expect(unheard?.target?.price?.rates).toBeUndefined();
  });

  it("refuses what it cannot find, with near names", async () => {
    await expect(get("c", "x")).rejects.toMatchObject({ code: "not_found" });
    await expect(list({ provider: "aa" })).rejects.toThrow("Near names: a.");
    await expect(get("", "x")).rejects.toMatchObject({ facts: { field: "provider" } });
    await expect(get("a", "")).rejects.toMatchObject({ facts: { field: "model" } });
  });

  it("tells which prices are in force, fetches newer ones, and says why it could not", async () => {
    const status = async () =>
      (await service().getCatalogStatus(create(GetCatalogStatusRequestSchema), context)).status;
    const refresh = async () => (await service().refreshCatalog(create(RefreshCatalogRequestSchema), context)).status;
    expect(await status()).toMatchObject({
      state: CatalogState.OK,
      prices: { source: `${prices.url}/`, vendors: 1, models: 3 },
      url: `${prices.url}/`,
      unpricedRequests: 0n,
      unpricedModels: [],
    });
    const before = (await status())?.prices?.version;
    prices.behave(answerJson(priceDataOf("http://vendor.test", [{ id: "one", input: 9, output: 9 }])));
    expect((await refresh())?.prices).toMatchObject({ models: 1 });
    expect((await status())?.prices?.version).not.toBe(before);
    prices.behave(answerJson("{"));
    await expect(refresh()).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(await status()).toMatchObject({ state: CatalogState.DEGRADED, prices: { models: 1 } });
    expect((await status())?.reason).toContain("what came is not JSON");
  });

  it("has a path for each of its methods", () => {
    expect(new Set(Object.values(modelCatalogRoutes)).size).toBe(4);
  });
});
