import { createHash } from "node:crypto";
import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { BreakerConfig, ConcurrencyConfig, Config, ProviderConfig } from "./gen/parlance/config/v1/config_pb.js";
import type { BreakerSettings } from "./resilience/breaker.js";
import type { ProbeSettings } from "./resilience/probe.js";
import type { SlotSettings } from "./resilience/target-slots.js";
import type { SettingsOfTargets } from "./resilience/target-states.js";
import { matchesGlob } from "./sdk/index.js";

/**
 * How targets may be called, as the configuration has it, with the defaults. A target that stands in several models is one
 * thing: what the first of them says of it counts.
 */
export function settingsOfTargets({ models, providers, resilience, routing }: Config): SettingsOfTargets {
  const usual = {
    breaker: breakerOf(resilience?.breaker, DEFAULT_BREAKER),
    slots: slotsOf(resilience?.concurrency, DEFAULT_SLOTS),
  };
  const named = Object.values(models)
    .flatMap((model) => model.targets)
    // A group's targets stand in its own model.
    .filter(({ route }) => route === undefined)
    .map((target) => ({ name: `${target.provider}/${target.model}`, config: target }));
  const breakers = named.filter(({ config }) => config.breaker !== undefined);
  const limits = named.filter(({ config }) => config.concurrency !== undefined);
  const halfLifeMs = millisecondsOf(routing?.latency?.halfLife, DEFAULTS.latencyHalfLifeMs);
  const places = new Map(Object.entries(providers).map(([name, provider]) => [name, placeOf(provider)]));
  return {
    // `*` stands for what a caller asks for.
    names: new Set(named.map(({ name }) => name).filter((name) => !name.includes("*"))),
    of: (target) => ({
      halfLifeMs,
      breaker: breakerOf(breakers.find(({ name }) => matchesGlob(name, target))?.config.breaker, usual.breaker),
      slots: slotsOf(limits.find(({ name }) => matchesGlob(name, target))?.config.concurrency, usual.slots),
      place: places.get(target.split("/", 1)[0] ?? "") ?? "",
    }),
  };
}

/** Whether targets that are not called are asked if they are back. */
export function probeOf({ resilience }: Config): ProbeSettings {
  const { interval, timeout } = resilience?.probe ?? {};
  return {
    intervalMs: interval && millisecondsOf(interval, 0),
    timeoutMs: millisecondsOf(timeout, DEFAULTS.probeTimeoutMs),
  };
}

/** Addresses may hold credentials, so that only a hash leaves here. */
function placeOf({ plugin, baseUrl, address }: ProviderConfig): string {
  const place = JSON.stringify([plugin, baseUrl, address]);
  return createHash("sha256").update(place).digest("base64url").slice(0, 16);
}

const DEFAULT_BREAKER: BreakerSettings = {
  failures: DEFAULTS.breakerFailures,
  openMs: DEFAULTS.breakerOpenMs,
  windowMs: DEFAULTS.breakerWindowMs,
  failurePercent: DEFAULTS.breakerFailurePercent,
  minAttempts: DEFAULTS.breakerMinAttempts,
  slowMs: undefined,
  slowPercent: DEFAULTS.breakerSlowPercent,
  permits: DEFAULTS.breakerPermits,
  ejectionMs: DEFAULTS.breakerEjectionMs,
  panicPercent: DEFAULTS.breakerPanicPercent,
};

const DEFAULT_SLOTS: SlotSettings = {
  maxInFlight: Number.POSITIVE_INFINITY,
  queue: DEFAULTS.targetQueue,
  queueTimeoutMs: DEFAULTS.targetQueueTimeoutMs,
  adaptive: false,
};

function slotsOf(config: ConcurrencyConfig | undefined, absent: SlotSettings): SlotSettings {
  if (config === undefined) return absent;
  const adaptive = config.adaptive ?? absent.adaptive;
  const maxInFlight = config.maxInFlight ?? absent.maxInFlight;
  return {
    // Some end there must be to what may be tried.
    maxInFlight: adaptive && maxInFlight === Number.POSITIVE_INFINITY ? DEFAULTS.adaptiveMaxInFlight : maxInFlight,
    queue: config.queue ?? absent.queue,
    queueTimeoutMs: millisecondsOf(config.queueTimeout, absent.queueTimeoutMs),
    adaptive,
  };
}

function breakerOf(config: BreakerConfig | undefined, absent: BreakerSettings): BreakerSettings {
  if (config === undefined) return absent;
  return {
    failures: config.failures ?? absent.failures,
    openMs: millisecondsOf(config.open, absent.openMs),
    windowMs: millisecondsOf(config.window, absent.windowMs),
    failurePercent: config.failurePercent ?? absent.failurePercent,
    minAttempts: config.minAttempts ?? absent.minAttempts,
    slowMs: config.slow === undefined ? absent.slowMs : millisecondsOf(config.slow, 0),
    slowPercent: config.slowPercent ?? absent.slowPercent,
    permits: config.permits ?? absent.permits,
    ejectionMs: millisecondsOf(config.ejection, absent.ejectionMs),
    panicPercent: config.panicPercent ?? absent.panicPercent,
  };
}
