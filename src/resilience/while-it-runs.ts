import type { Exchange } from "../core/exchange.js";

/** Waits for something that never rejects, and no longer than the exchange runs: undefined once it is cancelled. */
export async function whileItRuns<Result>(exchange: Exchange, something: Promise<Result>): Promise<Result | undefined> {
  try {
    return await new Promise<Result | undefined>((resolve) => {
      exchange.whenCancelled({ cancelled: () => resolve(undefined) });
      void something.then(resolve);
    });
  } finally {
    exchange.whenCancelled(undefined);
  }
}
