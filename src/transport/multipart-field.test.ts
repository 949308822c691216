import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundaryOf, MultipartField } from "./multipart-field.js";

const part = (head: string, value: string): string =>
  `--B\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
const find = (text: string, cuts: readonly number[] = []): MultipartField => {
  const bytes = Buffer.from(text);
  const field = new MultipartField("model", "B");
  let at = 0;
  for (const cut of [...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)) {
    field.push(bytes.subarray(at, cut));
    at = cut;
  }
  field.push(bytes.subarray(at));
  return field;
};

describe("a field of a form", () => {
  it("is found wherever it stands, and wherever the bytes are cut", () => {
    const before = [part('name="file"; filename="x"', "\r\n--\r\n--BB\r\n\r\n"), part('name="a"', ""), "preamble\r\n"];
    fc.assert(
      fc.property(
        fc.subarray(before.slice(0, 2)),
        fc.boolean(),
        fc.string(),
        fc.array(fc.nat()),
        (parts, preamble, name, cuts) => {
          fc.pre(!name.includes("\r\n--B"));
          const head = (preamble ? before[2] : "") + parts.join("");
          const text = `${head}${part('name="model"', name)}${part('name="model"', "second")}--B--\r\n`;
          const { found } = find(text, cuts);
          expect(found?.value).toBe(name);
          expect(Buffer.from(text).subarray(found?.start, found?.end).toString()).toBe(name);
        },
      ),
    );
  });

  it.each([
    ["a file of its name", part('name="model"; filename="m"', "x")],
    ["another field", part('name="models"', "x")],
    ["a value that has not ended", '--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nx'],
    ["a value that is endless", part('name="model"', "x".repeat(20_000))],
    ["no form at all", "model=x"],
    ["an endless head", `--B\r\n${"x".repeat(20_000)}`],
  ])("is not found in %s", (_what, text) => {
    expect(find(text).found).toBeUndefined();
  });

  it.each([
    ["multipart/form-data; boundary=abc", "abc"],
    ['Multipart/Form-Data; charset=utf-8; boundary="a b"', "a b"],
    ["multipart/mixed; boundary=abc", undefined],
    ["application/json", undefined],
  ])("is looked for between boundaries: %s", (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });
});
