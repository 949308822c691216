import type { Clock } from "../core/clock.js";
import type { Stage } from "../core/stage.js";
import { ParlanceError } from "../sdk/index.js";
import { type FindAbilities, loadAbilities } from "./ability-data.js";
import { type CatalogScope, type CatalogView, createCatalogView } from "./catalog-view.js";
import { FETCH_LIMITS, type FetchLimits, fetchPrices, shownAddress } from "./fetch-prices.js";
import { loadBundledPrices, type PriceData } from "./price-data.js";
import { countUnpriced, type UnpricedCount } from "./unpriced.js";

/** Where newer data comes from, and how often. */
export interface CatalogUpdates {
  /** Undefined means that none is fetched. */
  readonly url: string | undefined;
  readonly refreshMs: number;
}

/** How the catalogue does. */
export interface CatalogStatus {
  /** `loading` before the data is there, `degraded` when newer data could not be had: the last good one is in force. */
  readonly state: "loading" | "ok" | "degraded";
  /** Why it is degraded. */
  readonly reason: string | undefined;
  /** Unix milliseconds since which it is in this state. */
  readonly since: number;
  /** The prices in force; undefined before they are loaded. */
  readonly prices: PriceData | undefined;
  /** Where newer data comes from, without what may be secret in it; undefined where none is fetched. */
  readonly url: string | undefined;
  /** Unix milliseconds of the next fetch; undefined where there is none. */
  readonly nextRefresh: number | undefined;
  readonly unpricedTotal: number;
  /** Bounded; most first. */
  readonly unpriced: readonly UnpricedCount[];
}

/** What is known of models, for the whole process: it outlives snapshots. */
export interface Catalog {
  /** Loads the prices, the first time that it is called. Never rejects: without data every price is unknown. */
  ready(): Promise<void>;
  /** The catalogue through a configuration. */
  view(scope: CatalogScope): CatalogView;
  /** Takes other orders on where newer data comes from. The first fetch is made at once, in the background. */
  follow(updates: CatalogUpdates): void;
  /** Fetches newer data now. Throws a `ParlanceError` when there is nowhere to fetch from, or the fetch fails. */
  refresh(): Promise<CatalogStatus>;
  status(): CatalogStatus;
  /** Counts unpriced requests. */
  readonly stage: Stage;
  /** Fetches no more. */
  stop(): void;
}

/** What the catalogue stands on. */
export interface CatalogOptions {
  readonly clock: Clock;
  /** Writes a log line: one for each change of state, and one for each model whose cost is not known. */
  readonly write: (level: "info" | "warn" | "error", record: Record<string, unknown>) => void;
  /** Absent means the usual ones. */
  readonly limits?: FetchLimits | undefined;
}

/** After a fetch that failed the next is made sooner. */
const RETRY_MS = 5 * 60_000;

/** A catalogue whose data is not loaded yet. */
export function createCatalog({ clock, write, limits = FETCH_LIMITS }: CatalogOptions): Catalog {
  let prices: PriceData | undefined;
  let revision = 0;
  let state: CatalogStatus["state"] = "loading";
  let reason: string | undefined;
  let since = clock.wall();
  let loading: Promise<void> | undefined;
  let abilities: Promise<FindAbilities> | undefined;
  let updates: CatalogUpdates = { url: undefined, refreshMs: 0 };
  let fetching: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let nextRefresh: number | undefined;
  let stopped = false;

  const enter = (next: CatalogStatus["state"], why?: string): void => {
    if (next === "degraded" && state !== "degraded") write("warn", { msg: "catalogue degraded", error_message: why });
    if (next === "ok" && state === "degraded") write("info", { msg: "catalogue back", version: prices?.version });
    if (next !== state) since = clock.wall();
    state = next;
    reason = why;
  };

  const take = (next: PriceData): void => {
    prices = next;
    revision += 1;
  };

  const load = async (): Promise<void> => {
    try {
      const bundled = await loadBundledPrices(clock.wall());
      // What was fetched meanwhile is newer.
      if (prices === undefined) take(bundled);
      if (state === "loading") enter("ok");
    } catch (error) {
      enter("degraded", `The data that comes with Parlance cannot be loaded: ${(error as Error).message}.`);
    }
  };
  const ready = (): Promise<void> => {
    loading ??= load();
    return loading;
  };

  const findAbilities = (): Promise<FindAbilities> => {
    abilities ??= loadAbilities().catch((error: Error): FindAbilities => {
      enter("degraded", `The data that comes with Parlance cannot be loaded: ${error.message}.`);
      return () => undefined;
    });
    return abilities;
  };

  const schedule = (afterMs: number): void => {
    clearTimeout(timer);
    nextRefresh = undefined;
    if (stopped || updates.url === undefined) return;
    nextRefresh = clock.wall() + afterMs;
    // A timer that is due must not keep the process, nor a failed fetch end it: its state tells.
    timer = setTimeout(() => void fetchNow(), afterMs).unref();
  };

  const fetchOnce = async (url: string): Promise<void> => {
    // Also for its rules: who asks first waits for the data that is here.
    await ready();
    try {
      const fetched = await fetchPrices(url, clock.wall(), limits);
      if (updates.url !== url) return;
      if (fetched.version !== prices?.version) {
        write("info", { msg: "catalogue refreshed", version: fetched.version, source: fetched.source });
      }
      take(fetched);
      enter("ok");
    } catch (error) {
      if (updates.url !== url) return;
      enter("degraded", `${shownAddress(url)} gave no newer data: ${(error as Error).message}.`);
    }
  };
  const fetchNow = (): Promise<void> => {
    const { url, refreshMs } = updates;
    if (url === undefined || stopped) return Promise.resolve();
    fetching ??= fetchOnce(url).finally(() => {
      fetching = undefined;
      schedule(state === "degraded" ? Math.min(RETRY_MS, updates.refreshMs) : refreshMs);
    });
    return fetching;
  };

  const unpriced = countUnpriced(({ provider, model, withoutPrice }) =>
    write("warn", { msg: "unpriced", provider, model, reason: withoutPrice > 0 ? "no price" : "no usage" }),
  );

  const status = (): CatalogStatus => ({
    state,
    reason,
    since,
    prices,
    url: updates.url && shownAddress(updates.url),
    nextRefresh,
    unpricedTotal: unpriced.total(),
    unpriced: unpriced.list(),
  });

  return {
    ready,
    view: (scope) =>
      createCatalogView(scope, {
        prices: () => prices,
        revision: () => revision,
        abilities: async () => {
          const [find] = await Promise.all([findAbilities(), ready()]);
          return find;
        },
        now: () => clock.wall(),
      }),
    follow(next) {
      if (next.url === updates.url && next.refreshMs === updates.refreshMs) return;
      const moved = next.url !== updates.url;
      updates = next;
      if (next.url === undefined && state === "degraded" && prices !== undefined) enter("ok");
      schedule(moved ? 0 : next.refreshMs);
    },
    async refresh() {
      if (updates.url === undefined) {
        throw new ParlanceError("unsupported", 'There is nowhere to fetch newer data from. Set "catalog.url".');
      }
      await fetchNow();
      if (state === "degraded") throw new ParlanceError("provider_unavailable", reason ?? "The fetch failed.");
      return status();
    },
    status,
    stage: unpriced.stage,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
