import type { Clock } from "../core/clock.js";
import type { TargetLatency, TargetView, Unavailable } from "../core/target-view.js";
import { LatencyMeter } from "./latency-meter.js";
import type { Leave, Outcome } from "./leave.js";

/** All that is known of one target, and who may call it. */
export class TargetState implements TargetView {
  inFlight = 0;
  readonly queued = 0;
  readonly #meter: LatencyMeter;
  #attempts = 0;
  #failures = 0;

  constructor(clock: Clock) {
    this.#meter = new LatencyMeter(clock);
  }

  admit(): Leave {
    this.inFlight += 1;
    return { kind: "leave", settle: (outcome) => this.#settle(outcome) };
  }

  unavailable(): Unavailable | undefined {
    return undefined;
  }

  latency(): TargetLatency | undefined {
    return this.#meter.now();
  }

  ttftQuantile(share: number): number | undefined {
    return this.#meter.quantile(share);
  }

  counts(): { attempts: number; failures: number } {
    return { attempts: this.#attempts, failures: this.#failures };
  }

  #settle({ error, ttftMs, durationMs, outputTokens }: Outcome): void {
    this.inFlight -= 1;
    if (error === undefined || error.rule.fault === "provider") this.#attempts += 1;
    if (error?.rule.fault === "provider") this.#failures += 1;
    if (error !== undefined || ttftMs === undefined) return;
    const further = outputTokens === undefined ? 0 : outputTokens - 1;
    this.#meter.record(ttftMs, further > 0 ? (durationMs - ttftMs) / further : undefined);
  }
}
