import { type CacheHint, CacheHintSchema, create, isObject } from "../../sdk/index.js";
import type { WireObject } from "./own.js";

/**
 * The cache hint of a piece; anything but the one known form of `prompt_cache_breakpoint` is kept as it is.
 * Source: https://platform.openai.com/docs/guides/prompt-caching
 */
export function takeCacheBreakpoint(wire: WireObject): CacheHint | undefined {
  const value = wire.peek("prompt_cache_breakpoint");
  if (!isObject(value) || value.mode !== "explicit" || Object.keys(value).length > 1) return undefined;
  wire.take("prompt_cache_breakpoint");
  // Older models refuse the field, so that it goes out only where it came in.
  wire.note("cache", true);
  return create(CacheHintSchema);
}
