import { Exchange, type ExchangeInit } from "../../src/core/exchange.js";

/** An exchange that asks nobody anything: for tests of what only looks at who asks and whether it is cancelled. */
export function idleExchange(caller?: string, init: Partial<ExchangeInit> = {}): Exchange {
  return new Exchange({
    id: "1",
    door: "test",
    ask: { operation: "embed", wire: undefined, embedding: undefined },
    model: "smart",
    stream: false,
    strict: false,
    routing: undefined,
    sink: undefined as never,
    clock: { monotonic: () => 0, wall: () => 0 },
    caller: { key: caller, header: () => undefined },
    ...init,
  });
}
