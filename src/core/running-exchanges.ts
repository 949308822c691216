import type { ParlanceError } from "../sdk/index.js";
import { Bag } from "./bag.js";
import type { Exchange } from "./exchange.js";
import type { Stage } from "./stage.js";

/** The exchanges that run, for the one event that concerns them all: the gateway stops. */
export interface RunningExchanges {
  /** Keeps the list; stands first, so that nothing runs unseen. */
  readonly stage: Stage;
  /** Ends every one of them; each tells its client in the client's own dialect. */
  cancelAll(error: ParlanceError): void;
}

/** An empty list. */
export function trackExchanges(): RunningExchanges {
  const running = new Bag<Exchange>();
  return {
    stage: {
      name: "running",
      enter: (exchange) => running.add(exchange),
      settle: (exchange) => void running.remove(exchange),
    },
    cancelAll(error) {
      for (const exchange of running.all()) exchange.cancel(error);
    },
  };
}
