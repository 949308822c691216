import type { Clock } from "../core/clock.js";
import type { MemoryMeter } from "./memory-meter.js";

/** From when on nothing new is taken on. */
export interface OverloadLimits {
  /** Bytes of the process; undefined means 90 % of what it may have. */
  readonly maxMemoryBytes: number | undefined;
  /** Milliseconds by which the event loop may be late. */
  readonly maxDelayMs: number;
}

/** Why nothing new is taken on. */
export interface Overload {
  readonly cause: "memory" | "delay";
  /** In words, for the log and the caller. */
  readonly reason: string;
}

/** How often it is looked, in milliseconds. */
export const LOOK_MS = 100;
/** Looks in a row with a late event loop before that counts: one long pause is over when it is seen. */
const LATE_LOOKS = 3;
/** Looks in a row without it before the load counts as over. */
const CALM_LOOKS = 10;
/** Shares of the limits below which the load counts as over. */
const LOW_MEMORY = 0.9;
const LOW_DELAY = 0.5;
/** Share of what may be had that is taken. */
const SHARE = 0.9;
/** Least milliseconds between two collections of garbage, and how many times as long as the last one took. */
const COLLECT_MS = 1000;
const COLLECT_SPARING = 20;

/**
 * Looks ten times a second at the memory and at how late the event loop is, and says when it is too much. It is not over
 * before it is clearly less, so that it does not come and go.
 */
export class OverloadWatch {
  /** Undefined means that there is room. */
  overload: Overload | undefined;
  readonly #clock: Clock;
  readonly #memory: MemoryMeter;
  readonly #changed: (overload: Overload | undefined) => void;
  #limits: OverloadLimits;
  #lookedAt: number;
  #late = 0;
  #calm = 0;
  #collectFrom = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `changed`: told once of each change. */
  constructor(
    clock: Clock,
    memory: MemoryMeter,
    limits: OverloadLimits,
    changed: (overload: Overload | undefined) => void,
  ) {
    this.#clock = clock;
    this.#memory = memory;
    this.#limits = limits;
    this.#changed = changed;
    this.#lookedAt = clock.monotonic();
  }

  configure(limits: OverloadLimits): void {
    this.#limits = limits;
  }

  /** A timer of its own: the wheel of the deadlines adds up the lateness of its turns, and stands still when it is empty. */
  start(): void {
    this.#lookedAt = this.#clock.monotonic();
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const now = this.#clock.monotonic();
    const lateMs = now - this.#lookedAt - LOOK_MS;
    this.#lookedAt = now;
    const { maxDelayMs } = this.#limits;
    this.#late = lateMs >= maxDelayMs ? this.#late + 1 : 0;
    this.#calm = lateMs < maxDelayMs * LOW_DELAY ? this.#calm + 1 : 0;
    const before = this.overload;
    const next = this.#fullMemory(before?.cause === "memory") ?? this.#lateLoop(before?.cause === "delay");
    if (before?.cause === next?.cause) return;
    this.overload = next;
    this.#changed(next);
  }

  #lateLoop(was: boolean): Overload | undefined {
    if (was ? this.#calm >= CALM_LOOKS : this.#late < LATE_LOOKS) return undefined;
    return { cause: "delay", reason: `the event loop is more than ${this.#limits.maxDelayMs} ms late` };
  }

  #fullMemory(was: boolean): Overload | undefined {
    const enough = was ? LOW_MEMORY : 1;
    if (this.#fill() < enough) return undefined;
    // What is counted may be garbage, which nobody would come for while nothing new is taken on.
    this.#collect();
    if (this.#fill() < enough) return undefined;
    return { cause: "memory", reason: `the memory is in use up to its limit of ${mebibytes(this.#maxBytes)} MiB` };
  }

  get #maxBytes(): number {
    return this.#limits.maxMemoryBytes ?? this.#memory.mostBytes * SHARE;
  }

  /** What is in use, in relation to what may be; 1 is full. */
  #fill(): number {
    const { bytes, heapBytes } = this.#memory.use();
    return Math.max(bytes / this.#maxBytes, heapBytes / (this.#memory.mostHeapBytes * SHARE));
  }

  /** Collects the garbage, but not so often that it takes much time. */
  #collect(): void {
    const began = this.#clock.monotonic();
    if (began < this.#collectFrom) return;
    this.#memory.collect();
    const now = this.#clock.monotonic();
    this.#collectFrom = now + Math.max(COLLECT_MS, (now - began) * COLLECT_SPARING);
    // Our own pause is not the load's.
    this.#lookedAt = now;
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}
