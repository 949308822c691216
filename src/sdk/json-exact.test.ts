import { describe, expect, it } from "vitest";
import { parseExact, RawJson, stringifyExact, textOf } from "./json-exact.js";

const INPUT = new Set(["input"]);

describe("exact JSON", () => {
  it("keeps numbers, key order and unicode escapes of a raw member", () => {
    const raw = '{"b":1.0,"a":12345678901234567890,"2":1e3,"1":"\\u00e9"}';
    const value = parseExact(`{"x":[{"input":${raw}, "y":2.50}]}`, INPUT) as { x: { input: unknown }[] };
    expect(textOf(value.x[0]?.input)).toBe(raw);
    expect(stringifyExact({ arguments: new RawJson(raw) })).toBe(`{"arguments":${raw}}`);
  });

  it("leaves values plain where a parse bends nothing", () => {
    const value = parseExact('{"input":{"a":[1,2.5,"x"]}}', INPUT) as { input: unknown };
    expect(value.input).toEqual({ a: [1, 2.5, "x"] });
  });

  it("is not fooled by strings that hold braces, quotes and escapes", () => {
    const text = '{"s":"}]\\"{[,\\\\","input":{"n":1.0,"t":"\\"}"},"z":[[],{},{"input":{"k":-0}}]}';
    const value = parseExact(text, INPUT) as { input: RawJson; z: [unknown, unknown, { input: RawJson }] };
    expect(value.input.text).toBe('{"n":1.0,"t":"\\"}"}');
    expect(value.z[2].input.text).toBe('{"k":-0}');
  });

  it("writes a raw member as plain JSON under JSON.stringify too", () => {
    expect(JSON.stringify({ a: new RawJson('{"b": 1}') })).toBe('{"a":{"b":1}}');
  });
});
