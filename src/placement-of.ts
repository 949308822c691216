import { toJsonString } from "@bufbuild/protobuf";
import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import { type ProviderConfig, ProviderConfigSchema, type ServerConfig } from "./gen/parlance/config/v1/config_pb.js";
import { ISOLATIONS, type Placement, type TellLog } from "./loader/remote/placement.js";

const MIN_MESSAGE_BYTES = 64 * 1024 * 1024;
/** The library counts in 32 bits. */
const MAX_MESSAGE_BYTES = 2_147_483_647;

/** Where a provider's plugin runs, as the configuration has it, with the defaults. */
export function placementOf(
  provider: ProviderConfig,
  server: ServerConfig | undefined,
  log: TellLog,
  hide: (text: string) => string,
): Placement {
  const { headers, timeouts, supervision, isolation, address } = provider;
  return {
    key: `${limitOfMessages(server)} ${toJsonString(ProviderConfigSchema, provider)}`,
    isolation: ISOLATIONS.find((one) => one === isolation),
    address,
    token: supervision?.token,
    caFile: supervision?.caFile,
    supervision: {
      memoryLimitMb: supervision?.memoryLimit ?? DEFAULTS.pluginMemoryMb,
      startTimeoutMs: millisecondsOf(supervision?.startTimeout, DEFAULTS.pluginStartMs),
      healthIntervalMs: millisecondsOf(supervision?.healthInterval, DEFAULTS.pluginHealthMs),
      crashBudget: supervision?.crashBudget ?? DEFAULTS.pluginCrashBudget,
      crashWindowMs: millisecondsOf(supervision?.crashWindow, DEFAULTS.pluginCrashWindowMs),
    },
    maxMessageBytes: limitOfMessages(server),
    headers,
    timeouts: {
      connectMs: millisecondsOf(timeouts?.connect, DEFAULTS.connectMs),
      firstByteMs: millisecondsOf(timeouts?.firstByte, DEFAULTS.firstByteMs),
      idleMs: millisecondsOf(timeouts?.idle, DEFAULTS.idleMs),
    },
    log,
    hide,
  };
}

/** A request in the vocabulary may be larger than the body that it was read from; so may be its answer. */
function limitOfMessages(server: ServerConfig | undefined): number {
  const twice = 2 * Number(server?.maxBodyBytes ?? DEFAULTS.maxBodyBytes);
  return Math.min(Math.max(MIN_MESSAGE_BYTES, twice), MAX_MESSAGE_BYTES);
}
