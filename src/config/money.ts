const DECIMAL = /^\d+(?:\.\d{1,9})?$/;

/** Nano-dollars of a decimal amount of dollars, exact to the ninth place; undefined when it is not such a number. */
export function parseDollars(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}
