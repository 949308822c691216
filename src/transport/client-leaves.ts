import type { ServerResponse } from "node:http";
import type { Exchange } from "../core/exchange.js";
import { ParlanceError } from "../sdk/index.js";

/** Ends an exchange as soon as its client has closed the connection, so that the provider stops as well. */
export function cancelWhenClientLeaves(raw: ServerResponse, exchange: Exchange): void {
  raw.on("close", () => {
    if (!raw.writableFinished) exchange.cancel(new ParlanceError("cancelled", "The client closed the connection."));
  });
}
