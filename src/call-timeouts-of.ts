import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { CallTimeouts } from "./core/call-timeouts.js";
import type { TimeoutConfig } from "./gen/parlance/config/v1/config_pb.js";

/** The time limits of a provider's calls, with the defaults. `name`: the provider's in the configuration. */
export function callTimeoutsOf(name: string, timeouts: TimeoutConfig | undefined): CallTimeouts {
  return {
    connectMs: millisecondsOf(timeouts?.connect, DEFAULTS.connectMs),
    firstByteMs: millisecondsOf(timeouts?.firstByte, DEFAULTS.firstByteMs),
    idleMs: millisecondsOf(timeouts?.idle, DEFAULTS.idleMs),
    firstContentMs: millisecondsOf(timeouts?.firstContent, DEFAULTS.firstContentMs),
    minRate: timeouts?.minRate ?? DEFAULTS.minRate,
    attemptMs: timeouts?.attempt && millisecondsOf(timeouts.attempt, 0),
    settings: `providers.${name}.timeouts`,
  };
}
