import type { Deadlines } from "../core/deadlines.js";
import type { Exchange } from "../core/exchange.js";

/** Waits, and no longer than the exchange runs: a client that leaves, or a deadline, ends it at once. */
export function pause(exchange: Exchange, deadlines: Deadlines, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      exchange.whenCancelled(undefined);
      waiting.cancel();
      resolve();
    };
    const waiting = deadlines.after(milliseconds, end);
    exchange.whenCancelled({ cancelled: end });
  });
}
