import type { Exchange } from "../core/exchange.js";

/** By what a choice stays: the caller's credential, the user whom the request names, or a header by lower-case name. */
export type StickyBy = "key" | "user" | { readonly header: string };

/** What a choice stays with; undefined where the request has nothing of the kind. Only `user` decodes the request. */
export function stickyKey(exchange: Exchange, by: StickyBy | undefined): string | undefined {
  const wished = exchange.routing?.stickyKey;
  if (wished !== undefined) return wished;
  if (by === undefined) return undefined;
  if (by === "key") return exchange.caller?.key;
  return (by === "user" ? userOf(exchange) : exchange.caller?.header(by.header)) || undefined;
}

/** In words, for an explanation; never the key itself, which may tell a person. */
export function stickyWords(by: StickyBy | undefined, wished: boolean): string | undefined {
  if (wished) return "routing.sticky_key";
  if (by === undefined) return undefined;
  if (by === "key") return "the caller's key";
  return by === "user" ? "the user whom the request names" : `the header ${by.header}`;
}

/** A number above 0 and below 1 that is always the same for a key and a name, and as good as random between them. */
export function steadyDraw(key: string, name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ 0xff, 0x01000193);
  for (let i = 0; i < name.length; i += 1) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  // FNV-1a leaves near names near one another; the finaliser of MurmurHash3 spreads them (both in the public domain).
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

function userOf(exchange: Exchange): string | undefined {
  const { operation } = exchange.ask;
  if (operation === "pass_through") return undefined;
  try {
    return operation === "embed" ? exchange.embedding().endUser : exchange.chat().endUser;
  } catch {
    // In the verbatim lane the provider judges the request.
    return undefined;
  }
}
