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
  /** Tells apart what has one name and is not one thing: a hash of where the provider's server is. Holds no secret. */
  readonly place: string;
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
  /** Set by every attempt; for whoever wants to know whether there were any since it was last cleared. */
  wasAsked = false;
  readonly #meter: LatencyMeter;
  readonly #changed: (state: TargetState) => void;
  #place: string;
  #drained = false;

  /** `changed`: told whenever its breaker or its drain has changed. */
  constructor(clock: Clock, settings: TargetSettings, changed: (state: TargetState) => void) {
    this.#meter = new LatencyMeter(clock);
    this.breaker = new Breaker(clock, settings.breaker);
    this.#place = settings.place;
    this.#changed = changed;
  }

  /** Other settings count from now on. */
  configure({ breaker, place }: TargetSettings): void {
    this.breaker.configure(breaker);
    this.#place = place;
  }

  get place(): string {
    return this.#place;
  }

  /** Whether an operator lets it run out. */
  get drained(): boolean {
    return this.#drained;
  }

  /** Asks for leave for an attempt. `panic`: that it was ejected by a share does not count. */
  admit(panic: boolean): Leave | Refusal {
    this.wasAsked = true;
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

  /** Opens its breaker, for as long as it is configured where `ms` is undefined. */
  trip(ms: number | undefined): void {
    this.breaker.open("operator", true, ms ?? this.breaker.settings.openMs, "by an operator");
    this.#changed(this);
  }

  /** Opens its breaker as another replica's is. */
  openAsElsewhere(hard: boolean, ms: number, why: string): void {
    this.breaker.open("replica", hard, ms, `as another replica has it, ${why}`);
    this.#changed(this);
  }

  /** Closes its breaker where it is open for no other reason than that another replica's was. */
  closeAsElsewhere(): void {
    if (this.breaker.opening?.by === "replica") this.#close();
  }

  /** Forgets its failures: it is another server now, or another credential. What an operator has said of it stays. */
  startOver(): void {
    if (this.breaker.opening?.by !== "operator") this.#close();
  }

  /** Lets attempts try it before its time, where it did not open by an operator. */
  seemsBack(): void {
    if (this.breaker.opening?.by !== "operator" && this.breaker.halfOpen()) this.#changed(this);
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
    this.#close();
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

  #close(): void {
    this.breaker.close();
    this.#changed(this);
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
