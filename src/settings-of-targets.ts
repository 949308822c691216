import { DEFAULTS } from "./config/defaults.js";
import { millisecondsOf } from "./config/duration.js";
import type { BreakerConfig, Config } from "./gen/parlance/config/v1/config_pb.js";
import type { BreakerSettings } from "./resilience/breaker.js";
import type { SettingsOfTargets } from "./resilience/target-states.js";
import { matchesGlob } from "./sdk/index.js";

/**
 * How targets may be called, as the configuration has it, with the defaults. A target that stands in several models is one
 * thing: what the first of them says of it counts.
 */
export function settingsOfTargets({ models, resilience }: Config): SettingsOfTargets {
  const usual = { breaker: breakerOf(resilience?.breaker, DEFAULT_BREAKER) };
  const named = Object.values(models)
    .flatMap((model) => model.targets)
    // A group's targets stand in its own model.
    .filter(({ route }) => route === undefined)
    .map((target) => ({ name: `${target.provider}/${target.model}`, config: target }));
  const deciding = named
    .filter(({ config }) => config.breaker !== undefined)
    .map(({ name, config }) => ({ name, settings: { breaker: breakerOf(config.breaker, usual.breaker) } }));
  return {
    // `*` stands for what a caller asks for.
    names: new Set(named.map(({ name }) => name).filter((name) => !name.includes("*"))),
    of: (target) => deciding.find(({ name }) => matchesGlob(name, target))?.settings ?? usual,
  };
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
