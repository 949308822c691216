import type { TargetErrors } from "../../sdk/index.js";
import type { Exchange } from "../exchange.js";

/** Throws for a request whose conversation only a provider of the caller's dialect holds, where the target is none. */
export function refuseElsewhere(exchange: Exchange, target: TargetErrors): void {
  const { ask } = exchange;
  if (ask.operation !== "complete" || ask.wire === undefined || ask.wire.dialect.name === target.name) return;
  const refusal = ask.wire.dialect.refusalElsewhere?.(exchange.chat());
  if (refusal !== undefined) throw refusal;
}
