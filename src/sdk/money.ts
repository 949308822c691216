const DECIMAL = /^\d+(?:\.\d{1,9})?$/;

/**
 * Nano-dollars of a decimal amount of dollars, exact to the ninth place; undefined when it is not such a number.
 *
 * Prices are for a million tokens, and a token may cost less than a nano-dollar. So a price stays in nano-dollars for a
 * million tokens, which holds every price exactly, and only what an answer costs in all is rounded, once.
 */
export function parseDollars(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}
