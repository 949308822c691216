import type { ServiceImpl } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Catalog, CatalogStatus } from "../catalog/catalog.js";
import type { KnownModel, ModelDirectory } from "../core/target.js";
import { toModelTarget } from "../core/target-message.js";
import {
  type CatalogModel,
  CatalogModelSchema,
  CatalogState,
  CatalogStatusSchema,
  type CatalogStatus as CatalogStatusMessage,
} from "../gen/parlance/admin/v1/model_catalog_pb.js";
import type { ModelCatalogService } from "../gen/parlance/admin/v1/model_catalog_service_pb.js";
import { invalid, matchesGlob, nearest, ParlanceError } from "../sdk/index.js";

/** Where the methods of `parlance.admin.v1.ModelCatalogService` are in REST. */
export const modelCatalogRoutes = {
  listCatalogModels: "GET /admin/v1/catalog/models",
  getCatalogModel: "GET /admin/v1/catalog/providers/{provider}/models/{model=**}",
  refreshCatalog: "POST /admin/v1/catalog:refresh",
  getCatalogStatus: "GET /admin/v1/catalog",
} as const satisfies Record<keyof typeof ModelCatalogService.method, string>;

/** What the service tells of. */
export interface CatalogDesk {
  readonly catalog: Pick<Catalog, "ready" | "refresh" | "status">;
  /** The models of the current snapshot. */
  readonly models: () => ModelDirectory;
}

const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** `parlance.admin.v1.ModelCatalogService` over the catalogue. Throws `ParlanceError`s. */
export function modelCatalogService({ catalog, models }: CatalogDesk): ServiceImpl<typeof ModelCatalogService> {
  return {
    async listCatalogModels(request) {
      const directory = models();
      if (request.provider !== "") checkProvider(request.provider, directory);
      if (request.pageSize < 0) throw invalid("page_size", "page_size must be 0 or more.");
      const size = Math.min(request.pageSize === 0 ? PAGE_SIZE : request.pageSize, MAX_PAGE_SIZE);
      const after = readToken(request.pageToken);
      await catalog.ready();
      const all = (await directory.known(request.provider === "" ? undefined : request.provider)).filter(
        (known) => matchesGlob(request.model === "" ? "*" : request.model, known.model) && isAfter(known, after),
      );
      const page = all.slice(0, size);
      const last = page[page.length - 1];
      return {
        models: await Promise.all(page.map((known) => describe(known, directory))),
        nextPageToken: last === undefined || all.length === page.length ? "" : tokenOf(last),
      };
    },
    async getCatalogModel({ provider, model }) {
      const directory = models();
      if (provider === "") throw invalid("provider", "provider is required: its name in the configuration.");
      if (model === "") throw invalid("model", "model is required: the provider's own name for it.");
      checkProvider(provider, directory);
      await catalog.ready();
      const known = (await directory.known(provider)).find((each) => each.model === model);
      return { model: await describe(known ?? { provider, model, names: [] }, directory) };
    },
    async refreshCatalog() {
      return { status: toStatus(await catalog.refresh()) };
    },
    getCatalogStatus() {
      return { status: toStatus(catalog.status()) };
    },
  };
}

async function describe({ provider, model, names }: KnownModel, directory: ModelDirectory): Promise<CatalogModel> {
  const target = await directory.describeTarget(provider, model);
  return create(CatalogModelSchema, { ...(target && { target: toModelTarget(target) }), models: [...names] });
}

function checkProvider(name: string, directory: ModelDirectory): void {
  const names = directory.providers().map((provider) => provider.name);
  if (names.includes(name)) return;
  const suggestions = nearest(name, names);
  const near = suggestions.length === 0 ? "" : ` Near names: ${suggestions.join(", ")}.`;
  throw new ParlanceError("not_found", `There is no provider "${name}".${near}`, { suggestions });
}

/** The next page begins after the last one's last model: so it does, whatever came or went in between. */
function tokenOf({ provider, model }: KnownModel): string {
  return Buffer.from(JSON.stringify([provider, model])).toString("base64url");
}

function readToken(token: string): readonly [provider: string, model: string] | undefined {
  if (token === "") return undefined;
  try {
    const [provider, model] = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as unknown[];
    if (typeof provider === "string" && typeof model === "string") return [provider, model];
  } catch {
    // Told below, as any other that is none of ours.
  }
  throw invalid("page_token", "page_token is none that this gateway gave.");
}

function isAfter({ provider, model }: KnownModel, after: readonly [string, string] | undefined): boolean {
  if (after === undefined) return true;
  return provider > after[0] || (provider === after[0] && model > after[1]);
}

const STATES = {
  loading: CatalogState.LOADING,
  ok: CatalogState.OK,
  degraded: CatalogState.DEGRADED,
} as const;

function toStatus(status: CatalogStatus): CatalogStatusMessage {
  const { state, reason, since, prices, url, nextRefresh, unpricedTotal, unpriced } = status;
  return create(CatalogStatusSchema, {
    state: STATES[state],
    ...(reason !== undefined && { reason }),
    stateTime: timestampFromMs(since),
    ...(prices !== undefined && {
      prices: {
        source: prices.source,
        version: prices.version,
        loadTime: timestampFromMs(prices.loadedAt),
        vendors: prices.vendors.length,
        models: prices.vendors.reduce((sum, { models }) => sum + models.length, 0),
      },
    }),
    ...(url !== undefined && { url }),
    ...(nextRefresh !== undefined && { nextRefreshTime: timestampFromMs(nextRefresh) }),
    unpricedRequests: BigInt(unpricedTotal),
    unpricedModels: unpriced.map(({ provider, model, withoutPrice, withoutUsage }) => ({
      provider,
      upstreamModel: model,
      withoutPrice: BigInt(withoutPrice),
      withoutUsage: BigInt(withoutUsage),
    })),
  });
}
