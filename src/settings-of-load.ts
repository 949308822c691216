import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { Config } from "./gen/parlance/config/v1/config_pb.js";
import type { LoadSettings } from "./resilience/load.js";

const MEBIBYTE = 1024 * 1024;

/** How much the gateway takes on at once, as the configuration has it, with the defaults. */
export function settingsOfLoad({ load }: Config): LoadSettings {
  return {
    maxInFlight: load?.maxInFlight ?? Number.POSITIVE_INFINITY,
    queue: load?.queue ?? DEFAULTS.loadQueue,
    queueTimeoutMs: millisecondsOf(load?.queueTimeout, DEFAULTS.loadQueueTimeoutMs),
    maxMemoryBytes: load?.maxMemory === undefined ? undefined : load.maxMemory * MEBIBYTE,
    maxDelayMs: millisecondsOf(load?.maxDelay, DEFAULTS.loadMaxDelayMs),
  };
}
