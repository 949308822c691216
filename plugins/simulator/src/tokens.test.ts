import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countTokens, tokenize } from "./tokens.js";

describe("the tokens of a text", () => {
  it("joined are the text, and are as many as are counted", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(tokenize(text).join("")).toBe(text);
        expect(countTokens(text)).toBe(tokenize(text).length);
      }),
    );
  });

  it("are words with the space before them, cut after six letters", () => {
    expect(tokenize("Hello there, extraordinary 12345!\n")).toEqual([
      "Hello",
      " there",
      ",",
      " extrao",
      "rdinar",
      "y",
      " 123",
      "45",
      "!",
      "\n",
    ]);
  });
});
