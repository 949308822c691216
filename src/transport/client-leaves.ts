import type { ServerResponse } from "node:http";
import type { Exchange } from "../core/exchange.js";
import { ParlanceError } from "../sdk/index.js";

/**
 * Ends an exchange as soon as its client has closed the connection, so that the provider stops as well. A client that
 * leaves before its answer has begun, `patienceMs` after it asked, has not changed its mind but run out of time.
 */
export function cancelWhenClientLeaves(raw: ServerResponse, exchange: Exchange, patienceMs: number | undefined): void {
  raw.on("close", () => {
    if (raw.writableFinished) return;
    const late =
      patienceMs !== undefined &&
      exchange.committedAt === undefined &&
      exchange.clock.monotonic() - exchange.startedAt >= patienceMs;
    exchange.cancel(
      late
        ? new ParlanceError("deadline_exceeded", "The client closed the connection at the end of its own timeout.")
        : new ParlanceError("cancelled", "The client closed the connection."),
    );
  });
}
