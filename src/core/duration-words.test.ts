import { expect, it } from "vitest";
import { durationInWords } from "./duration-words.js";

it.each([
  [0, "0ms"],
  [0.2, "1ms"],
  [349.5, "350ms"],
  [1000, "1s"],
  [1001, "2s"],
  [598_000, "9m58s"],
  [600_000, "10m"],
  [3_600_000, "1h"],
  [3_601_000, "1h1s"],
  [90_061_000, "1d1h"],
])("says %d ms as %s", (milliseconds, words) => {
  expect(durationInWords(milliseconds)).toBe(words);
});
