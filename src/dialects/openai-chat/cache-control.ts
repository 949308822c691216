import { type CacheHint, CacheHintSchema, create, isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";
import type { WireObject } from "./own.js";

const SECONDS: Readonly<Record<string, number>> = { "5m": 300, "1h": 3600 };

/** The cache hint of a piece; anything but the two known forms of `cache_control` is kept as it is. */
export function takeCacheControl(wire: WireObject): CacheHint | undefined {
  const value = wire.peek("cache_control");
  if (!isObject(value) || value.type !== "ephemeral") return undefined;
  const { type: _, ttl, ...others } = value;
  const seconds = typeof ttl === "string" ? SECONDS[ttl] : undefined;
  if (Object.keys(others).length > 0 || (ttl !== undefined && seconds === undefined)) return undefined;
  wire.take("cache_control");
  // Most servers of the dialect refuse the field, so that it goes out only where it came in.
  wire.note("cache", true);
  return create(CacheHintSchema, seconds === undefined ? {} : { ttl: { seconds: BigInt(seconds) } });
}

/** The member `cache_control` for a hint. */
export function writeCacheControl(hint: CacheHint): JsonObject {
  const ttl: JsonValue | undefined = hint.ttl && (hint.ttl.seconds > 300n ? "1h" : "5m");
  return ttl === undefined ? { type: "ephemeral" } : { type: "ephemeral", ttl };
}
