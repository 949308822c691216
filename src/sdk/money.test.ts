import fc from "fast-check";
import { expect, it } from "vitest";
import { parseDollars } from "./money.js";

it.each([
  ["0", 0n],
  ["2.50", 2_500_000_000n],
  ["0.000000001", 1n],
  ["007.1", 7_100_000_000n],
  ["123456789012345678901234567890", 123456789012345678901234567890_000_000_000n],
])("%s dollars are %d nano-dollars", (text, nanos) => {
  expect(parseDollars(text)).toBe(nanos);
});

it.each(["", "-1", "+1", "1.", ".5", "1,5", "1e3", "$1", " 1", "0.0000000001", "1.2.3", "0x1", "Infinity"])(
  "%j is no price",
  (text) => {
    expect(parseDollars(text)).toBeUndefined();
  },
);

it("every amount is exact to the ninth place", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (nanos) => {
      const text = `${nanos / 1_000_000_000n}.${String(nanos % 1_000_000_000n).padStart(9, "0")}`;
      expect(parseDollars(text)).toBe(nanos);
    }),
  );
});
