import type { CallInit } from "./call-init.js";
import { isVerbatim } from "./chat-endpoint.js";

/** Has the request adapted to the target, where it is not for every target the same. To be done before the call. */
export function prepareCall({ exchange, target, ready }: CallInit): void | Promise<void> {
  const { wire } = exchange.ask;
  if (wire?.adapt === undefined) return;
  return exchange.adaptTo({
    provider: target.provider.name,
    verbatim: !exchange.begun && isVerbatim(ready.provider.wire, wire.dialect),
    losses: exchange.losses,
  });
}
