import { describe, expect, it } from "vitest";
import { SeamText } from "./seam-text.js";

/** What the client gets, with the text cut in pieces of every length. */
function joined(said: string, text: string): string {
  const results = new Set<string>();
  for (let size = 1; size <= text.length + 1; size += 1) {
    const seam = new SeamText(said);
    let out = said;
    for (let at = 0; at < text.length; at += size) out += seam.push(text.slice(at, at + size));
    results.add(out + seam.end());
  }
  expect([...results]).toHaveLength(1);
  return [...results][0] as string;
}

const SAID = "It was a dark and stormy night";

describe("the text behind a seam", () => {
  it.each([
    ["goes on as it comes", SAID, "; the rain fell."],
    ["that was given no white space at its beginning", `${SAID} `, "and the rain fell."],
    ["that repeats the white space", `${SAID} \n`, " \nand the rain fell."],
    ["that repeats all that was said", SAID, `${SAID}; the rain fell.`],
    ["that repeats it without the white space at its end", `${SAID} `, `${SAID}and so on`],
    ["that repeats it with the white space", `${SAID} `, `${SAID} and so on`],
  ])("%s", (_how, said, text) => {
    const rest = text.startsWith(SAID) ? text.slice(SAID.length) : text;
    const space = said.slice(SAID.length);
    expect(joined(said, text)).toBe(said + (rest.startsWith(space) ? rest.slice(space.length) : rest));
  });

  it("of a few words may well be meant twice", () => {
    expect(joined("ha", "ha ha")).toBe("haha ha");
    expect(joined("no ", "no no")).toBe("no no no");
  });

  it("may end in the middle of what was said, which is then meant", () => {
    expect(joined(SAID, "It was")).toBe(`${SAID}It was`);
    expect(joined(SAID, "")).toBe(SAID);
  });
});
