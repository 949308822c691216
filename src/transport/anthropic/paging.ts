import { invalid } from "../../sdk/index.js";

/** Which piece of a list is asked for: https://platform.claude.com/docs/en/api/models/list */
export interface Paging {
  /** Most members of a page, 1 to 1000. */
  readonly limit: number;
  readonly after: string | undefined;
  readonly before: string | undefined;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** Reads a query. Throws `invalid_request` that names the parameter. */
export function readPaging(query: Readonly<Record<string, unknown>>): Paging {
  const paging = {
    limit: readLimit(query.limit),
    after: readId(query, "after_id"),
    before: readId(query, "before_id"),
  };
  if (paging.after !== undefined && paging.before !== undefined) {
    throw invalid("before_id", "after_id and before_id cannot be used together.");
  }
  return paging;
}

/** One page of a list, in the wire's own frame. Throws `invalid_request` when there is no such place in the list. */
export function pageOf<T extends { readonly id: string }>(all: readonly T[], paging: Paging) {
  const { limit, after, before } = paging;
  let from = 0;
  let to = all.length;
  if (after !== undefined) from = placeOf(all, after, "after_id") + 1;
  if (before !== undefined) to = placeOf(all, before, "before_id");
  const hasMore = to - from > limit;
  // Backwards, the page is the one that ends right before the id.
  const data =
    before === undefined ? all.slice(from, Math.min(to, from + limit)) : all.slice(Math.max(from, to - limit), to);
  return { data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data[data.length - 1]?.id ?? null };
}

function placeOf(all: readonly { readonly id: string }[], id: string, parameter: string): number {
  const place = all.findIndex((one) => one.id === id);
  if (place === -1) throw invalid(parameter, `${parameter}: there is no "${id}" in the list.`);
  return place;
}

function readLimit(value: unknown): number {
  if (value === undefined || value === "") return DEFAULT_LIMIT;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid("limit", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}

function readId(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw invalid(name, `${name} must be given once.`);
  return value;
}
