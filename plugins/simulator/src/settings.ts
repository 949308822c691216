import type { JsonObject } from "@parlance/sdk";

/** What an operator can set; the manifest has the schema. */
export interface SimulatorSettings {
  /** Mean milliseconds before the first token; undefined means the model's own. */
  readonly timeToFirstTokenMs: number | undefined;
  /** Mean tokens in a second, 0 for no waiting; undefined means the model's own. */
  readonly tokensPerSecond: number | undefined;
  /** Seed for requests that bring none. */
  readonly seed: number;
  /** Milliseconds that scripted refusals for load tell as their retry-after. */
  readonly retryAfterMs: number;
}

/** Reads settings that the manifest's schema has already been checked against. */
export function readSettings(settings: JsonObject): SimulatorSettings {
  const number = (key: string): number | undefined => {
    const value = settings[key];
    return typeof value === "number" ? value : undefined;
  };
  return {
    timeToFirstTokenMs: number("time_to_first_token_ms"),
    tokensPerSecond: number("tokens_per_second"),
    seed: number("seed") ?? 0,
    retryAfterMs: number("retry_after_ms") ?? 1000,
  };
}
