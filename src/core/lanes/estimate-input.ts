import type { Exchange } from "../exchange.js";
import { BYTES_PER_TOKEN, estimateTokens } from "./estimate-tokens.js";

/** Tokens of what an exchange asks, by its length. Decodes the request on first use. */
export function estimateInput(exchange: Exchange): number {
  const { ask } = exchange;
  try {
    if (ask.operation !== "embed") return estimateTokens(exchange.chat());
    let tokens = 0;
    for (const { kind } of exchange.embedding().inputs) {
      if (kind.case === "tokens") tokens += kind.value.ids.length;
      else if (kind.case === "text") tokens += Math.ceil(Buffer.byteLength(kind.value) / BYTES_PER_TOKEN);
    }
    return tokens;
  } catch {
    // The provider took what the gateway cannot read: it goes by its bytes.
    return Math.ceil((ask.wire?.body.length ?? 0) / BYTES_PER_TOKEN);
  }
}
