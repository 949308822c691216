import type { CacheHint, JsonObject, Losses } from "@parlance/sdk";
import type { Family } from "./family.js";

/**
 * The block that ends what is to be cached: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html.
 * Undefined for models that have no such cache, which is told as a loss. `path`: what has the hint.
 */
export function cachePoint(
  hint: CacheHint | undefined,
  { cacheLives }: Family,
  path: string,
  losses: Losses,
): JsonObject | undefined {
  if (hint === undefined) return undefined;
  if (cacheLives === undefined) {
    losses.drop(`${path}.cache`, "The target's model has no prompt cache that can be asked for.");
    return undefined;
  }
  const { ttl } = hint;
  if (ttl === undefined) return { cachePoint: { type: "default" } };
  const wanted = Number(ttl.seconds);
  const life = cacheLives.find((seconds) => seconds >= wanted) ?? 300;
  if (life !== wanted) losses.approximate(`${path}.cache.ttl`, `The target keeps a prompt for ${life / 60} minutes.`);
  // Five minutes are the default, and models with one life take no word for it.
  return { cachePoint: { type: "default", ...(life > 300 && { ttl: "1h" }) } };
}
