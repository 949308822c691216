import { expect, it } from "vitest";
import { matchesGlob } from "./glob.js";

it.each([
  ["*", "anything", true],
  ["a", "a", true],
  ["a", "ab", false],
  ["gpt-*", "gpt-5", true],
  ["gpt-*", "xgpt-5", false],
  ["*-mini", "gpt-5-mini", true],
  ["*:*-b*", "a:x-b1", true],
  ["a*a", "a", false],
  ["a*b*b", "ab", false],
  ["a.c", "abc", false],
  ["**", "", true],
])("the pattern %s for %s: %s", (pattern, name, matches) => {
  expect(matchesGlob(pattern, name)).toBe(matches);
});

it("no pattern takes long", () => {
  expect(matchesGlob(`${"*a".repeat(50)}b`, "a".repeat(5000))).toBe(false);
});
