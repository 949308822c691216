import type { ErrorCode, ParlanceError } from "../sdk/index.js";
import type { Clock } from "./clock.js";
import { SlidingCounts } from "./sliding-counts.js";

/** Whether a provider can be counted on, as the attempts of the last minutes have it. */
export type HealthState = "unknown" | "healthy" | "degraded" | "down";

/** Milliseconds of the past that count. */
export const WINDOW_MS = 5 * 60_000;

const SLOTS = 30;
// Enough for a median, and no more than a page of memory for each provider.
const SAMPLES = 256;
/** Failures in a row from which on a provider is down. */
const DOWN_AFTER = 3;
/** Share of failed attempts from which on it is degraded. */
const DEGRADED_FROM = 0.1;

/** How the state follows from the attempts, in words for whoever reads it. */
export const HEALTH_RULE =
  `unknown: no attempt in the last ${WINDOW_MS / 60_000} minutes. ` +
  `down: the last ${DOWN_AFTER} attempts or more failed, those apart that met a rate limit. ` +
  `degraded: the last attempt failed, or at least ${DEGRADED_FROM * 100} % of the attempts did. healthy: otherwise. ` +
  "What is the caller's own fault, and what the caller broke off, does not count.";

/** What the attempts of a provider have told. Times are Unix milliseconds. */
export interface HealthReport {
  readonly state: HealthState;
  /** Attempts of the window that count, and those of them that failed. */
  readonly attempts: number;
  readonly failures: number;
  /** Since the gateway or the provider's configuration began; undefined means never. */
  readonly lastSuccessAt: number | undefined;
  readonly lastError:
    | { readonly code: ErrorCode; readonly status: number | undefined; readonly at: number }
    | undefined;
  /** Median milliseconds to the first content of the window's streams; undefined without any. */
  readonly medianTtftMs: number | undefined;
}

/**
 * What the attempt loop has seen of one provider: counts over a sliding window, in memory that does not grow. Written by
 * the loop at the end of every attempt, read by whoever asks.
 */
export class ProviderHealth {
  readonly #clock: Clock;
  readonly #counts = new SlidingCounts(WINDOW_MS, SLOTS);
  readonly #ttft = new Float64Array(SAMPLES);
  readonly #ttftAt = new Float64Array(SAMPLES).fill(Number.NEGATIVE_INFINITY);
  #samples = 0;
  /** Failures since the last success, rate limits left out: a provider that sets limits is there. */
  #failuresInRow = 0;
  #lastFailed = false;
  #lastSuccessAt: number | undefined;
  #lastErrorCode: ErrorCode | undefined;
  #lastErrorStatus: number | undefined;
  #lastErrorAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An attempt has answered. `ttftMs`: milliseconds to the first content of a stream; undefined for any other answer. */
  succeeded(ttftMs: number | undefined): void {
    const now = this.#clock.monotonic();
    this.#counts.add(now, false, false);
    this.#failuresInRow = 0;
    this.#lastFailed = false;
    this.#lastSuccessAt = this.#clock.wall();
    if (ttftMs === undefined) return;
    const place = this.#samples % SAMPLES;
    this.#samples += 1;
    this.#ttft[place] = ttftMs;
    this.#ttftAt[place] = now;
  }

  /** An attempt has failed. What is not the provider's doing leaves no trace. */
  failed(error: ParlanceError): void {
    if (error.rule.fault !== "provider") return;
    this.#counts.add(this.#clock.monotonic(), true, false);
    if (error.rule.breaker) this.#failuresInRow += 1;
    this.#lastFailed = true;
    this.#lastErrorCode = error.code;
    this.#lastErrorStatus = error.facts.providerStatus;
    this.#lastErrorAt = this.#clock.wall();
  }

  report(): HealthReport {
    const now = this.#clock.monotonic();
    const { attempts, failures } = this.#counts.now(now);
    return {
      state: this.#stateOf(attempts, failures),
      attempts,
      failures,
      lastSuccessAt: this.#lastSuccessAt,
      lastError:
        this.#lastErrorCode === undefined
          ? undefined
          : { code: this.#lastErrorCode, status: this.#lastErrorStatus, at: this.#lastErrorAt },
      medianTtftMs: median(this.#ttft.filter((_, place) => now - (this.#ttftAt[place] as number) < WINDOW_MS)),
    };
  }

  #stateOf(attempts: number, failures: number): HealthState {
    if (attempts === 0) return "unknown";
    if (this.#failuresInRow >= DOWN_AFTER) return "down";
    return this.#lastFailed || failures / attempts >= DEGRADED_FROM ? "degraded" : "healthy";
  }
}

function median(values: Float64Array): number | undefined {
  if (values.length === 0) return undefined;
  values.sort();
  const middle = Math.floor(values.length / 2);
  const upper = values[middle] as number;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2;
}
