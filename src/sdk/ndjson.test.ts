import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ndjsonFraming, ndjsonReader } from "./ndjson.js";

function linesOf(pieces: readonly Buffer[], reader = ndjsonFraming.reader()): string[] {
  const lines: string[] = [];
  const each = ({ data }: { data: string }) => lines.push(data);
  for (const piece of pieces) reader.push(piece, each);
  reader.end(each);
  return lines;
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

const object = fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ unit: "grapheme", maxLength: 8 }));
const line = fc.tuple(
  object.map((value) => JSON.stringify(value)),
  fc.constantFrom("\n", "\r\n", "\n\n", "\r\n \n"),
);

describe("the framing of JSON lines", () => {
  it("trap 105: any split of the bytes gives the same events, whatever ends the lines (law 2)", () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.boolean(),
        (lines, cuts, open) => {
          const text = lines.map(([json, end]) => json + end).join("");
          const bytes = Buffer.from(open ? text.trimEnd() : text);
          expect(linesOf(cut(bytes, cuts))).toEqual(lines.map(([json]) => json));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("trap 146: characters of several bytes come whole when every byte comes alone", () => {
    const bytes = Buffer.from('{"a":"é😀"}\r\n{"b":"日本"}');
    expect(linesOf([...bytes].map((byte) => Buffer.of(byte)))).toEqual(['{"a":"é😀"}', '{"b":"日本"}']);
  });

  it("tells an event with the last byte of its line, and without waiting for more", () => {
    const reader = ndjsonFraming.reader();
    const seen: string[] = [];
    reader.push(Buffer.from('{"a":1}'), ({ data }) => seen.push(data));
    expect(seen).toEqual([]);
    reader.push(Buffer.from("\n"), ({ data }) => seen.push(data));
    expect(seen).toEqual(['{"a":1}']);
  });

  it("skips blank lines, and an end without anything says nothing", () => {
    expect(linesOf([Buffer.from('\n\r\n{"a":1}\n  \n')])).toEqual(['{"a":1}']);
    expect(linesOf([])).toEqual([]);
  });

  it("refuses a line that is too large, however it comes", () => {
    expect(() => linesOf([Buffer.from("12345\n")], ndjsonReader(4))).toThrow(RangeError);
    expect(() =>
      linesOf(
        [..."12345"].map((byte) => Buffer.from(byte)),
        ndjsonReader(4),
      ),
    ).toThrow("larger than 4 bytes");
    expect(linesOf([Buffer.from("1234\n5678")], ndjsonReader(4))).toEqual(["1234", "5678"]);
  });

  it("is found by the content type of such a stream", () => {
    expect("application/x-ndjson; charset=utf-8").toContain(ndjsonFraming.contentType);
  });
});
