import type { Clock } from "../core/clock.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import type { ParlanceError } from "../sdk/index.js";
import { AdaptiveLimit } from "./adaptive-limit.js";
import { ConcurrencyLimit, type ConcurrencySettings, type Turn } from "./concurrency-limit.js";

/** How many attempts a target takes at once. */
export interface SlotSettings extends ConcurrencySettings {
  /** Whether the limit follows what the target bears, up to `maxInFlight`. */
  readonly adaptive: boolean;
}

/** The slots of one target, as many as are configured or as it bears. */
export class TargetSlots {
  readonly #clock: Clock;
  readonly #limit: ConcurrencyLimit;
  #adaptive: AdaptiveLimit | undefined;

  constructor(clock: Clock, deadlines: Deadlines, settings: SlotSettings) {
    this.#clock = clock;
    this.#limit = new ConcurrencyLimit(deadlines, settings);
    this.#adapt(settings);
  }

  get inFlight(): number {
    return this.#limit.inFlight;
  }

  get queued(): number {
    return this.#limit.queued;
  }

  /** Slots that there are now; `Infinity` means no limit. */
  get limit(): number {
    return this.#limit.limit;
  }

  /** Other settings count from now on; what was learned of the target stays. */
  configure(settings: SlotSettings): void {
    this.#limit.configure(settings);
    this.#adapt(settings);
  }

  /** Asks for a slot. One that was got must be given back, exactly once. */
  take(exchange: Exchange): Turn | Promise<Turn> {
    return this.#limit.take(exchange);
  }

  give(): void {
    this.#limit.give();
  }

  /** The first content of an attempt has come after `ms`, or its whole answer where it is not streamed. */
  answered(ms: number, streamed: boolean): void {
    const adaptive = this.#adaptive;
    if (adaptive === undefined) return;
    adaptive.answered(ms, streamed, this.#limit.inFlight);
    this.#limit.setLimit(adaptive.limit);
  }

  /** An attempt that took `durationMs` has failed. */
  failed(error: ParlanceError, durationMs: number): void {
    const adaptive = this.#adaptive;
    if (adaptive === undefined || !tellsOfLoad(error)) return;
    adaptive.overloaded(this.#clock.monotonic() - durationMs);
    this.#limit.setLimit(adaptive.limit);
  }

  #adapt({ adaptive, maxInFlight }: SlotSettings): void {
    if (!adaptive) {
      this.#adaptive = undefined;
      return;
    }
    this.#adaptive ??= new AdaptiveLimit(this.#clock, maxInFlight);
    this.#adaptive.setMax(maxInFlight);
    this.#limit.setLimit(this.#adaptive.limit);
  }
}

/** Too many requests, overloaded, or too slow to answer at all. */
function tellsOfLoad({ code }: ParlanceError): boolean {
  return code === "provider_rate_limited" || code === "provider_overloaded" || code === "provider_timeout";
}
