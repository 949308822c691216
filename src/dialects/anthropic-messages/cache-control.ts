import { type CacheHint, CacheHintSchema, create, isObject, type JsonObject, type Losses } from "../../sdk/index.js";
import type { WireObject } from "./own.js";

const TTLS: Readonly<Record<string, number>> = { "5m": 300, "1h": 3600 };

/**
 * Takes `cache_control` as a hint. One of an unknown form stays a field of the dialect.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function takeCacheControl(wire: WireObject): CacheHint | undefined {
  const value = wire.peek("cache_control");
  if (!isObject(value) || value.type !== "ephemeral") return undefined;
  const { type: _, ttl, ...others } = value;
  const seconds = typeof ttl === "string" ? TTLS[ttl] : undefined;
  if ((ttl !== undefined && seconds === undefined) || Object.keys(others).length > 0) return undefined;
  wire.take("cache_control");
  return create(CacheHintSchema, seconds === undefined ? {} : { ttl: { seconds: BigInt(seconds), nanos: 0 } });
}

/** The hint as `cache_control`: the wire has two lives, five minutes and an hour. */
export function encodeCacheControl(hint: CacheHint, path: string, losses: Losses): JsonObject {
  if (hint.ttl === undefined) return { type: "ephemeral" };
  const seconds = Number(hint.ttl.seconds);
  const ttl = seconds <= 300 ? "5m" : "1h";
  if (seconds !== TTLS[ttl])
    losses.approximate(`${path}.cache.ttl`, `The target keeps a prompt for 5 minutes or an hour: ${ttl}.`);
  return { type: "ephemeral", ttl };
}
