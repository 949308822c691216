import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutMember, JsonSyntaxError, readMember, skim, splice } from "./json-skim.js";

/** JSON text of a value with random space between its tokens. */
function spaced(value: unknown, spaces: readonly string[]): string {
  let used = 0;
  const gap = (): string => spaces[used++ % spaces.length] ?? "";
  const write = (part: unknown): string => {
    if (Array.isArray(part)) return `[${gap()}${part.map((item) => `${write(item)}${gap()}`).join(`,${gap()}`)}]`;
    if (typeof part !== "object" || part === null) return JSON.stringify(part);
    const members = Object.entries(part).map(
      ([name, item]) => `${JSON.stringify(name)}${gap()}:${gap()}${write(item)}${gap()}`,
    );
    return `{${gap()}${members.join(`,${gap()}`)}}`;
  };
  return gap() + write(value) + gap();
}

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 3 });
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "\n", "{", "}", "[", "]", ",", ":", "é", "a") }),
  fc.string({ unit: fc.constantFrom('"', "\\", "a"), minLength: 40, maxLength: 120 }),
);
const json = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(true, false, null, 1e21, 1e-9, -0.5),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.dictionary(text, tie("value"), { maxKeys: 5 }),
}));

/** Whether JSON.parse takes the text for an object. */
function parsesAsObject(source: string): boolean {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function offsetOfError(source: string): number | undefined {
  try {
    skim(Buffer.from(source));
    return undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(JsonSyntaxError);
    return (thrown as JsonSyntaxError).offset;
  }
}

describe("skimming a JSON object", () => {
  it("finds the members that JSON.parse finds, with the same values", () => {
    fc.assert(
      fc.property(json.object, fc.array(space, { minLength: 1 }), (object, spaces) => {
        const source = spaced(object, spaces);
        const bytes = Buffer.from(source);
        const members = skim(bytes);
        const parsed = JSON.parse(source) as Record<string, unknown>;
        expect([...members.byName.keys()].sort()).toEqual(Object.keys(parsed).sort());
        for (const [name, value] of Object.entries(parsed)) expect(readMember(bytes, members, name)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it("gives offsets of values without the space around them, of the opening and of the closing brace", () => {
    const bytes = Buffer.from('\t{ "é" : "ü" ,"n":\n-1.5e+3 , "o" : { "}" : [ ] } } \n');
    const members = skim(bytes);
    const at = (name: string): string => {
      const { start, end } = members.byName.get(name) ?? { start: 0, end: 0 };
      return bytes.toString("utf8", start, end);
    };
    expect([at("é"), at("n"), at("o")]).toEqual(['"ü"', "-1.5e+3", '{ "}" : [ ] }']);
    expect(bytes.toString("utf8", members.open - 1, members.close + 1)).toBe(bytes.toString().trim());
  });

  it("agrees with JSON.parse on whether a text that was damaged in its structure is an object", () => {
    const damage = fc.constantFrom(
      "",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "0",
      "1",
      "-",
      ".",
      "e",
      "t",
      "null",
      " ",
      "\u0001",
    );
    // Names and strings hold letters only: what is inside of a string is not skimmed.
    const plain = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("a", 0, -1, 1.5, 1e30, true, false, null),
        fc.array(tie("value"), { maxLength: 3 }),
        tie("object"),
      ),
      object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
    }));
    let rejected = 0;
    fc.assert(
      fc.property(plain.object, fc.nat(), fc.nat(2), damage, (object, where, removed, added) => {
        const source = JSON.stringify(object);
        const at = where % (source.length + 1);
        const damaged = source.slice(0, at) + added + source.slice(at + removed);
        // A control character may have come into a string, which JSON.parse alone refuses.
        fc.pre(added !== "\u0001" || damaged.slice(0, at).split('"').length % 2 === 1);
        const offset = offsetOfError(damaged);
        expect({ damaged, taken: offset === undefined }).toEqual({ damaged, taken: parsesAsObject(damaged) });
        if (offset !== undefined) rejected += 1;
      }),
      { numRuns: 3000 },
    );
    expect(rejected).toBeGreaterThan(500);
  });

  it.each([
    ["", 0],
    ["[]", 0],
    ["null", 0],
    ['{"a":1}}', 7],
    ['{"a":1} x', 8],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ["{a:1}", 1],
    ['{"a":01}', 6],
    ['{"a":1.}', 7],
    ['{"a":tru}', 5],
    ['{"a":NaN}', 5],
    ['{"a":[1 2]}', 8],
    ['{"a":[1,]}', 8],
    ['{"a":{"b":1]}', 11],
    ['{"a":"x}', 5],
    ['{"a":"x\\"}', 5],
    ['{"a":[', 6],
    ['{"a":', 5],
  ])("says where %j stops being an object: byte %i", (source, offset) => {
    expect(offsetOfError(source)).toBe(offset);
  });

  it("keeps the last of repeated names, and knows names by what they mean", () => {
    const bytes = Buffer.from('{"model":"a","mod\\u0065l":"b","__proto__":1}');
    const members = skim(bytes);
    expect(readMember(bytes, members, "model")).toBe("b");
    expect([...members.byName.keys()]).toEqual(["model", "__proto__"]);
  });

  it("passes over a byte order mark", () => {
    const bytes = Buffer.from('\ufeff{"a":1}');
    expect(readMember(bytes, skim(bytes), "a")).toBe(1);
  });

  it("takes 512 levels and refuses the next, without running out of stack", () => {
    const nested = (depth: number): string => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(offsetOfError(nested(512))).toBeUndefined();
    expect(offsetOfError(nested(513))).toBe(5 + 512);
    expect(offsetOfError(nested(1_000_000))).toBe(5 + 512);
  });

  it("tells a bad escape in a name or in a value that is read as an error of syntax", () => {
    expect(() => skim(Buffer.from('{"\\x":1}'))).toThrow(JsonSyntaxError);
    const bytes = Buffer.from('{"a":"\\x"}');
    const members = skim(bytes);
    expect(() => readMember(bytes, members, "a")).toThrow(JsonSyntaxError);
  });

  it("knows no member that is not there", () => {
    const bytes = Buffer.from("{}");
    expect(readMember(bytes, skim(bytes), "a")).toBeUndefined();
  });
});

describe("splicing", () => {
  it("replaces members in place and leaves every other byte as it was", () => {
    const bytes = Buffer.from('{ "n":1.0, "model" : "a", "x":[1e3],"stream":true }');
    const { byName, close } = skim(bytes);
    const model = byName.get("model") ?? { start: 0, end: 0 };
    const stream = byName.get("stream") ?? { start: 0, end: 0 };
    const edits = [
      { ...model, text: '"gross-ß"' },
      { ...stream, text: "false" },
      { start: close, end: close, text: ',"y":2' },
    ];
    expect(splice(bytes, edits).toString()).toBe('{ "n":1.0, "model" : "gross-ß", "x":[1e3],"stream":false ,"y":2}');
  });

  it("gives the same bytes when there is nothing to replace", () => {
    expect(splice(Buffer.from("{}"), []).toString()).toBe("{}");
  });
});

describe("a noted name", () => {
  it.each([
    ['{"a":{"parlance":1}}', true],
    ['{"a":[{"b":{"parlance" : 1}}]}', true],
    ['{"a":[1,{"parlancf":1},"parlance",{"b":"parlance"}]}', false],
    ['{"parlance":{}}', false],
    ['{"a":{"x":"{\\"parlance\\":1}"}}', false],
  ])("of %s is told to occur below the top: %s", (text, occurs) => {
    expect(skim(Buffer.from(text), "parlance").noted).toBe(occurs);
    expect(skim(Buffer.from(text)).noted).toBeUndefined();
  });
});

describe("a member that is cut", () => {
  it.each([
    ['{"x":1}', "{}"],
    ['{ "a":1 , "x" : {"x":[1]} , "b":"x" }', '{ "a":1, "b":"x" }'],
    ['{"x":1,"a":{"x":2},"x":3}', '{"a":{"x":2}}'],
    ['{"a":1,"\\u0078":2}', '{"a":1}'],
    ["{ }", "{ }"],
    ['{"a":1}', '{"a":1}'],
  ])("of %s leaves %s", (text, left) => {
    const bytes = Buffer.from(text);
    const cut = cutMember(bytes, skim(bytes), "x");
    expect(JSON.parse(cut.toString())).toEqual(JSON.parse(left));
    expect(cut.toString().replaceAll(" ", "")).toBe(left.replaceAll(" ", ""));
  });

  it("leaves of any object what JSON.parse finds of the other members", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (others, value) => {
        const bytes = Buffer.from(JSON.stringify({ ...others, routing: value }));
        const { routing: _, ...rest } = JSON.parse(bytes.toString()) as Record<string, unknown>;
        expect(JSON.parse(cutMember(bytes, skim(bytes), "routing").toString())).toEqual(rest);
      }),
    );
  });
});
