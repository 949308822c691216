import { invalid } from "../../sdk/index.js";

/** Which piece of a list is asked for: https://ai.google.dev/api/models#method:-models.list */
export interface Paging {
  /** Most members of a page, 1 to 1000. */
  readonly size: number;
  /** Name of the last member of the page before; undefined for the first page. */
  readonly after: string | undefined;
}

const DEFAULT_SIZE = 50;
const MAX_SIZE = 1000;

/** Reads a query. Throws `invalid_request` that names the parameter. */
export function readPaging({ pageSize, pageToken }: Readonly<Record<string, unknown>>): Paging {
  return { size: readSize(pageSize), after: readToken(pageToken) };
}

/** One page of a list, in the wire's own frame. Throws `invalid_request` when the token is of no place in the list. */
export function pageOf<T extends { readonly name: string }>(all: readonly T[], { size, after }: Paging) {
  const from = after === undefined ? 0 : all.findIndex(({ name }) => name === after) + 1;
  if (after !== undefined && from === 0) throw badToken();
  const models = all.slice(from, from + size);
  const last = models[models.length - 1];
  const more = last !== undefined && from + size < all.length;
  return { models, ...(more && { nextPageToken: Buffer.from(last.name).toString("base64url") }) };
}

function readSize(value: unknown): number {
  if (value === undefined || value === "") return DEFAULT_SIZE;
  const size = Number(value);
  if (!Number.isInteger(size) || size < 0) throw invalid("pageSize", "pageSize must be a whole number of at least 0.");
  // As there: zero says nothing, and too much is the most that there is.
  return size === 0 ? DEFAULT_SIZE : Math.min(size, MAX_SIZE);
}

function readToken(value: unknown): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw badToken();
  return Buffer.from(value, "base64url").toString("utf8");
}

function badToken() {
  return invalid("pageToken", "pageToken must be the nextPageToken of the page before.");
}
