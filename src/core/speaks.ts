import type { Provider } from "../sdk/index.js";
import type { Ask } from "./exchange.js";

/** Whether a provider can be asked without a translation. */
export function speaks({ wire }: Provider, ask: Ask, api: string): boolean {
  if (wire === undefined) return false;
  if (ask.operation === "pass_through") return wire.passThrough?.api === api;
  const endpoint = ask.operation === "embed" ? wire.embeddings : wire.chat;
  return ask.wire !== undefined && endpoint?.dialect === ask.wire.dialect.name;
}
