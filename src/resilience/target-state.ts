import type { Clock } from "../core/clock.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";
import type { TargetLatency, TargetView, Unavailable } from "../core/target-view.js";
import { durationInWords } from "../core/duration-words.js";
import type { ErrorCode } from "../sdk/index.js";
import { Breaker, type BreakerSettings, type Permit } from "./breaker.js";
import { RETRY_AFTER_MS, type Turn } from "./concurrency-limit.js";
import { LatencyMeter } from "./latency-meter.js";
import type { Leave, Outcome, Refusal } from "./leave.js";
import type { Counts } from "../core/sliding-counts.js";
import { type SlotSettings, TargetSlots } from "./target-slots.js";

/** How a target may be called. */
export interface TargetSettings {
  readonly breaker: BreakerSettings;
  readonly slots: SlotSettings;
  /** Tells apart what has one name and is not one thing: a hash of where the provider's server is. Holds no secret. */
  readonly place: string;
  /** Milliseconds after which an earlier measurement of its times counts half. Absent means as usual. */
  readonly halfLifeMs?: number | undefined;
}

const DRAINED: Unavailable = {
  reason: "an operator lets it run out, and no new attempt begins",
  retryAfterMs: undefined,
  ejected: false,
};

/** All that is known of one target, and who may call it. */
export class TargetState implements TargetView {
  readonly breaker: Breaker;
  /** How its last failure is called; undefined when there was none. */
  lastError: ErrorCode | undefined;
  readonly #clock: Clock;
  readonly #slots: TargetSlots;
  /** Set by every attempt; for whoever wants to know whether there were any since it was last cleared. */
  wasAsked = false;
  readonly #meter: LatencyMeter;
  readonly #changed: (state: TargetState) => void;
  readonly #ended: (outcome: Outcome) => void;
  #place: string;
  #drained = false;

  /** `changed`: told whenever its breaker or its drain has changed. `ended`: told of each attempt that has ended. */
  constructor(
    clock: Clock,
    deadlines: Deadlines,
    settings: TargetSettings,
    changed: (state: TargetState) => void,
    ended: (outcome: Outcome) => void,
  ) {
    this.#clock = clock;
    this.#slots = new TargetSlots(clock, deadlines, settings.slots);
    this.#meter = new LatencyMeter(clock);
    this.#meter.configure(settings.halfLifeMs);
    this.breaker = new Breaker(clock, settings.breaker);
    this.#place = settings.place;
    this.#changed = changed;
    this.#ended = ended;
  }

  /** Other settings count from now on. */
  configure({ breaker, place, slots, halfLifeMs }: TargetSettings): void {
    this.#meter.configure(halfLifeMs);
    this.breaker.configure(breaker);
    this.#slots.configure(slots);
    this.#place = place;
  }

  get place(): string {
    return this.#place;
  }

  get inFlight(): number {
    return this.#slots.inFlight;
  }

  get queued(): number {
    return this.#slots.queued;
  }

  /** Attempts that it takes at once now; `Infinity` means no limit. */
  get limit(): number {
    return this.#slots.limit;
  }

  /** Whether an operator lets it run out. */
  get drained(): boolean {
    return this.#drained;
  }

  /**
   * Asks for leave for an attempt; a promise only where the exchange waits for its turn. `panic`: that it was ejected by a
   * share does not count.
   */
  admit(exchange: Exchange, panic: boolean): Leave | Refusal | Promise<Leave | Refusal> {
    this.wasAsked = true;
    if (this.inFlight >= this.limit) {
      // Nobody waits for what would not be called.
      const unavailable = this.unavailable();
      if (unavailable !== undefined && !(panic && unavailable.ejected)) return refusal(unavailable);
    }
    const turn = this.#slots.take(exchange);
    if (!(turn instanceof Promise)) return this.#enter(turn, exchange, panic, 0);
    const from = this.#clock.monotonic();
    return turn.then((later) => this.#enter(later, exchange, panic, this.#clock.monotonic() - from));
  }

  #enter(turn: Turn, exchange: Exchange, panic: boolean, waitedMs: number): Leave | Refusal {
    if (turn !== "slot") return full(turn, this.limit, waitedMs);
    const permit = this.#drained ? DRAINED : this.breaker.ask(panic);
    if (typeof permit === "number") {
      const leave = new TargetLeave(this, permit, exchange.stream);
      this.#meter.began(leave);
      return leave;
    }
    this.#slots.give();
    return refusal(permit);
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
  answered(leave: Leave, ms: number, streamed: boolean): void {
    this.#meter.answered(leave, ms);
    this.#slots.answered(ms, streamed);
  }

  /** For its leaves alone. */
  settle(leave: Leave, permit: Permit, outcome: Outcome): void {
    const { error, ttftMs, durationMs, outputTokens, overtaken } = outcome;
    this.#ended(outcome);
    // Before the slot goes to the next: a breaker that opens now lets nobody in with it.
    this.#count(permit, outcome);
    if (error !== undefined) this.#slots.failed(error, durationMs);
    this.#slots.give();
    const further = error !== undefined || ttftMs === undefined || outputTokens === undefined ? 0 : outputTokens - 1;
    this.#meter.ended(leave, further > 0 ? (durationMs - (ttftMs as number)) / further : undefined);
    // Were they left out, the slower a target is, the quicker it would seem.
    if (overtaken === true) this.#meter.record(durationMs);
  }

  #count(permit: Permit, { error, ofCredential, ttftMs, overtaken, durationMs }: Outcome): void {
    if (overtaken === true) {
      if (this.breaker.overtaken(permit, durationMs)) this.#changed(this);
      return;
    }
    if (error === undefined) {
      if (this.breaker.succeeded(permit, ttftMs)) this.#changed(this);
      return;
    }
    if (error.rule.fault === "provider") this.lastError = error.code;
    if (!error.rule.breaker || ofCredential === true || error.facts.pluginLost === true) this.breaker.uncounted(permit);
    else if (this.breaker.failed(permit, error.code)) this.#changed(this);
  }

  #close(): void {
    this.breaker.close();
    this.#changed(this);
  }
}

function refusal(unavailable: Unavailable): Refusal {
  return { kind: "refusal", code: "no_healthy_target", ...unavailable };
}

function full(turn: Exclude<Turn, "slot">, limit: number, waitedMs: number): Refusal {
  const reasons = {
    full: `as many attempts as it takes run (${limit}), and its queue is full`,
    late: `as many attempts as it takes run (${limit}), and its queue was waited in for ${durationInWords(wholeSeconds(waitedMs))}`,
    cancelled: "the request ended while it waited in its queue",
  };
  return { kind: "refusal", code: "overloaded", reason: reasons[turn], retryAfterMs: RETRY_AFTER_MS, ejected: false };
}

class TargetLeave implements Leave {
  readonly kind = "leave";
  readonly #state: TargetState;
  readonly #permit: Permit;
  readonly #streamed: boolean;
  #settled = false;

  constructor(state: TargetState, permit: Permit, streamed: boolean) {
    this.#state = state;
    this.#permit = permit;
    this.#streamed = streamed;
  }

  answered(ms: number): void {
    this.#state.answered(this, ms, this.#streamed);
  }

  settle(outcome: Outcome): void {
    if (this.#settled) throw new Error("leave for an attempt was given back twice");
    this.#settled = true;
    this.#state.settle(this, this.#permit, outcome);
  }
}

/** Of what took longer than a second the rest is the timer's lateness. */
function wholeSeconds(milliseconds: number): number {
  return milliseconds < 1000 ? milliseconds : Math.floor(milliseconds / 1000) * 1000;
}
