import type { Clock } from "../core/clock.js";
import type { Deadlines } from "../core/deadlines.js";
import type { Caller } from "../core/exchange.js";
import type { Stage } from "../core/stage.js";
import { ParlanceError } from "../sdk/index.js";
import { ConcurrencyLimit, type ConcurrencySettings, RETRY_AFTER_MS } from "./concurrency-limit.js";
import type { MemoryMeter } from "./memory-meter.js";
import { type Overload, type OverloadLimits, OverloadWatch } from "./overload-watch.js";

/** How much the gateway takes on at once. */
export interface LoadSettings extends ConcurrencySettings, OverloadLimits {}

/** What the gateway has taken on. It outlives a change of configuration. */
export interface Load {
  /** Other settings count from now on. */
  configure(settings: LoadSettings): void;
  /** Takes a slot for each exchange, waits for one, or refuses. `totalMs`: most time for an exchange. */
  stage(totalMs: number): Stage;
  /** Why a request of a caller would be refused now, to be asked before it is read; undefined when it would not. */
  refusal(caller: Caller | undefined): ParlanceError | undefined;
  /** Looks no more. */
  stop(): void;
}

/** What load is watched with. */
export interface LoadOptions {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly memory: MemoryMeter;
  readonly settings: LoadSettings;
  /** Told once when the gateway begins to refuse for want of memory or time, and once when it does no longer. */
  readonly changed: (overload: Overload | undefined) => void;
}

/** Begins to watch. */
export function watchLoad({ clock, deadlines, memory, settings, changed }: LoadOptions): Load {
  const limit = new ConcurrencyLimit(deadlines, settings);
  const watch = new OverloadWatch(clock, memory, settings, changed);
  watch.start();
  const shed = (): ParlanceError | undefined =>
    watch.overload && refused(`The gateway takes on nothing new: ${watch.overload.reason}. Try again.`);
  const full = (): ParlanceError =>
    refused(`The gateway runs as many requests as it takes (${limit.limit}), and its queue is full. Try again.`);

  return {
    configure(next) {
      limit.configure(next);
      watch.configure(next);
    },
    stage: (totalMs) => ({
      name: "load",
      enter(exchange) {
        // It calls nobody, and an operator asks most when the load is high.
        if (exchange.explain !== undefined) return undefined;
        const overload = shed();
        if (overload !== undefined) throw overload;
        const turn = limit.take(exchange);
        if (turn === "slot") {
          exchange.hasSlot = true;
          return undefined;
        }
        if (!(turn instanceof Promise)) throw exchange.cancelled ?? full();
        exchange.startDeadline(deadlines, totalMs);
        return turn.then((later) => {
          if (later === "slot") exchange.hasSlot = true;
          else if (later === "late")
            throw refused("The request waited for too long for its turn at the gateway. Try again.");
          else throw exchange.cancelled ?? full();
        });
      },
      settle(exchange) {
        if (!exchange.hasSlot) return;
        exchange.hasSlot = false;
        limit.give();
      },
    }),
    refusal: (caller) => shed() ?? (limit.isFullFor(caller) ? full() : undefined),
    stop: () => watch.stop(),
  };
}

function refused(message: string): ParlanceError {
  return new ParlanceError("overloaded", message, { retryAfterMs: RETRY_AFTER_MS });
}
