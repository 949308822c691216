import type { Clock } from "../core/clock.js";
import type { TargetLatency, TargetView, Unavailable } from "../core/target-view.js";
import type { ErrorCode } from "../sdk/index.js";
import { Breaker, type BreakerSettings, type Permit } from "./breaker.js";
import { LatencyMeter } from "./latency-meter.js";
import type { Leave, Outcome, Refusal } from "./leave.js";
import type { Counts } from "./sliding-counts.js";

/** How a target may be called. */
export interface TargetSettings {
  readonly breaker: BreakerSettings;
}

const DRAINED: Unavailable = {
  reason: "an operator lets it run out, and no new attempt begins",
  retryAfterMs: undefined,
  ejected: false,
};

/** All that is known of one target, and who may call it. */
export class TargetState implements TargetView {
  inFlight = 0;
  readonly queued = 0;
  readonly breaker: Breaker;
  /** How its last failure is called; undefined when there was none. */
  lastError: ErrorCode | undefined;
  readonly #meter: LatencyMeter;
  readonly #changed: (state: TargetState) => void;
  #drained = false;

  /** `changed`: told whenever its breaker or its drain has changed. */
  constructor(clock: Clock, settings: TargetSettings, changed: (state: TargetState) => void) {
    this.#meter = new LatencyMeter(clock);
    this.breaker = new Breaker(clock, settings.breaker);
    this.#changed = changed;
  }

  /** Other settings count from now on. */
  configure(settings: TargetSettings): void {
    this.breaker.configure(settings.breaker);
  }

  /** Whether an operator lets it run out. */
  get drained(): boolean {
    return this.#drained;
  }

  /** Asks for leave for an attempt. `panic`: that it was ejected by a share does not count. */
  admit(panic: boolean): Leave | Refusal {
    if (this.#drained) return { kind: "refusal", ...DRAINED };
    const permit = this.breaker.ask(panic);
    if (typeof permit !== "number") return { kind: "refusal", ...permit };
    this.inFlight += 1;
    return new TargetLeave(this, permit);
  }

  unavailable(): Unavailable | undefined {
    return this.#drained ? DRAINED : this.breaker.refusal();
  }

  latency(): TargetLatency | undefined {
    return this.#meter.now();
  }

  ttftQuantile(share: number): number | undefined {
    return this.#meter.quantile(share);
  }

  counts(): Counts {
    return this.breaker.counts;
  }

  /** Opens its breaker, for as long as it is configured unless it is said. */
  trip(until: number): void {
    this.breaker.open("operator", true, until);
    this.#changed(this);
  }

  /** Lets it run out: attempts that run end, and no new one begins until it is reset. */
  drain(): void {
    if (this.#drained) return;
    this.#drained = true;
    this.#changed(this);
  }

  /** Closes its breaker, forgets its failures and ends a drain. */
  reset(): void {
    this.#drained = false;
    this.lastError = undefined;
    this.breaker.close();
    this.#changed(this);
  }

  /** For its leaves alone. */
  settle(permit: Permit, { error, ttftMs, durationMs, outputTokens }: Outcome): void {
    this.inFlight -= 1;
    if (error === undefined) {
      if (this.breaker.succeeded(permit, ttftMs)) this.#changed(this);
      if (ttftMs === undefined) return;
      const further = outputTokens === undefined ? 0 : outputTokens - 1;
      this.#meter.record(ttftMs, further > 0 ? (durationMs - ttftMs) / further : undefined);
      return;
    }
    if (error.rule.fault === "provider") this.lastError = error.code;
    if (!error.rule.breaker) this.breaker.uncounted(permit);
    else if (this.breaker.failed(permit, error.code)) this.#changed(this);
  }
}

class TargetLeave implements Leave {
  readonly kind = "leave";
  readonly #state: TargetState;
  readonly #permit: Permit;
  #settled = false;

  constructor(state: TargetState, permit: Permit) {
    this.#state = state;
    this.#permit = permit;
  }

  settle(outcome: Outcome): void {
    if (this.#settled) throw new Error("leave for an attempt was given back twice");
    this.#settled = true;
    this.#state.settle(this.#permit, outcome);
  }
}
