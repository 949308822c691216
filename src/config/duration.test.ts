import fc from "fast-check";
import { expect, it } from "vitest";
import { millisecondsOf, parseDuration, toDuration } from "./duration.js";

it.each([
  ["0s", 0],
  ["500ms", 500],
  ["10s", 10_000],
  ["1.5s", 1500],
  ["10m", 600_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
  ["1h30m", 5_400_000],
  ["1m500ms", 60_500],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

it.each(["", "s", "10", "-1s", "+1s", "1 s", "1s ", "1S", "1sec", ".5s", "1.s", "1e3s", "1us", "NaNs", "10s,5s"])(
  "%j is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

it("a duration that is kept as a message has as many milliseconds as before", () => {
  fc.assert(
    fc.property(fc.nat(), (milliseconds) => {
      expect(millisecondsOf(toDuration(milliseconds), -1)).toBe(milliseconds);
      expect(parseDuration(`${milliseconds}ms`)).toBe(milliseconds);
    }),
  );
});

it("a duration that is absent is what is said for it", () => {
  expect(millisecondsOf(undefined, 7)).toBe(7);
});
