import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSse, type SseEvent, SseSplitter, writeSse } from "./sse.js";

function eventsOf(block: Buffer | string): SseEvent[] {
  const events: SseEvent[] = [];
  readSse(block, (event) => events.push(event));
  return events;
}

/** The blocks that the splitter makes of the pieces, its last words included. */
function split(pieces: readonly Buffer[], splitter = new SseSplitter()): Buffer[] {
  const blocks = pieces.map((piece) => splitter.push(piece));
  return [...blocks, splitter.flush()].filter((block) => block !== undefined);
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

const lineEnds = fc.constantFrom("\n", "\r\n", "\r");
const word = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ""));
const line = fc.oneof(
  word.map((text) => `data: ${text}`),
  word.map((text) => `data:${text}`),
  word.map((text) => `: ${text}`),
  fc.constantFrom("data", "event: a", "event:b", "id: 7", "retry: 10", "unknown", ":", "data: [DONE]"),
);
/** A wire text in which each line has an end of its own kind, and some line ends are blank lines. */
const wire = fc
  .array(fc.tuple(fc.oneof(line, fc.constant("")), lineEnds), { maxLength: 30 })
  .map((lines) => Buffer.from(lines.map(([text, end]) => text + end).join("")));

describe("the splitter of server-sent events", () => {
  it("gives the same events and the same bytes for any split of the bytes (law 2)", () => {
    fc.assert(
      fc.property(wire, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        const blocks = split(cut(bytes, cuts));
        expect(Buffer.concat(blocks)).toEqual(bytes);
        expect(blocks.flatMap(eventsOf)).toEqual(eventsOf(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it("gives the same events when every byte comes alone, whatever ends the lines", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const bytes = Buffer.from(["event: a", "data: é😀", "", "data: 2", "", ""].join(end));
      const blocks = split([...bytes].map((byte) => Buffer.of(byte)));
      expect(blocks.map(eventsOf)).toEqual([[{ event: "a", data: "é😀" }], [{ event: "", data: "2" }]]);
    }
  });

  it("never cuts inside an event", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), lineEnds, fc.array(fc.nat()), (texts, end, cuts) => {
        const events = texts.map((text) => `event: e${end}data: ${text}${end}${end}`);
        const whole = new Set<string>(["", ...events.map((_, i) => events.slice(0, i + 1).join(""))]);
        let passed = "";
        for (const block of split(cut(Buffer.from(events.join("")), cuts))) {
          passed += block.toString();
          expect(whole).toContain(passed);
        }
      }),
    );
  });

  it("passes an event on with its last byte", () => {
    for (const end of ["\n", "\r\n"]) {
      const splitter = new SseSplitter();
      const bytes = Buffer.from(`data: 1${end}${end}`);
      for (const byte of bytes.subarray(0, -1)) expect(splitter.push(Buffer.of(byte))).toBeUndefined();
      expect(splitter.push(bytes.subarray(-1))).toEqual(bytes);
    }
  });

  it("passes an event that ends in CR on with the byte after it", () => {
    const splitter = new SseSplitter();
    expect(splitter.push(Buffer.from("data: 1\r\r"))).toBeUndefined();
    expect(splitter.push(Buffer.from("data: 2"))?.toString()).toBe("data: 1\r\r");
    expect(splitter.flush()?.toString()).toBe("data: 2");
  });

  it("does not copy bytes that are whole events", () => {
    const bytes = Buffer.from("data: 1\n\ndata: 2\n\n");
    expect(new SseSplitter().push(bytes)).toBe(bytes);
    const block = new SseSplitter().push(Buffer.concat([bytes, Buffer.from("data: 3")]));
    expect(block?.toString()).toBe(bytes.toString());
  });

  it("takes an event of a megabyte in small pieces, at the cost of its size", () => {
    const bytes = Buffer.from(`data: ${"x".repeat(1024 * 1024)}\n\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      bytes.subarray(i * 100, (i + 1) * 100),
    );
    const blocks = split(pieces);
    expect(blocks).toHaveLength(1);
    expect(blocks.flatMap(eventsOf)[0]?.data).toHaveLength(1024 * 1024);
  });

  it("refuses an event over the limit, and is empty after that", () => {
    const splitter = new SseSplitter(100);
    splitter.push(Buffer.from(`data: ${"x".repeat(90)}`));
    expect(() => splitter.push(Buffer.from("xxxxx"))).toThrow(new RangeError("an event is larger than 100 bytes"));
    expect(splitter.flush()).toBeUndefined();
  });

  it("counts each event by itself against the limit", () => {
    const splitter = new SseSplitter(20);
    for (let i = 0; i < 100; i += 1)
      expect(splitter.push(Buffer.from("\n\ndata: 123456"))?.length ?? 0).toBeLessThan(20);
  });

  it("has nothing to flush when it was given nothing, or whole events only", () => {
    const splitter = new SseSplitter();
    expect(splitter.push(Buffer.alloc(0))).toBeUndefined();
    splitter.push(Buffer.from("data: 1\n\n"));
    expect(splitter.flush()).toBeUndefined();
  });
});

describe("the reader of server-sent events", () => {
  it("joins the data lines of an event with a line feed", () => {
    expect(eventsOf("data: a\ndata\ndata: b\n\n")).toEqual([{ event: "", data: "a\n\nb" }]);
  });

  it("takes one space after the colon away, and no more", () => {
    expect(eventsOf("data:x\n\ndata: x\n\ndata:  x\n\ndata:\tx\n\n").map(({ data }) => data)).toEqual([
      "x",
      "x",
      " x",
      "\tx",
    ]);
  });

  it("skips comments, unknown fields and fields that only begin like a known one", () => {
    expect(eventsOf(": data: no\nid: 1\nretry: 5\ndataset: no\neventual: no\nevent: yes\ndata: 1\n\n")).toEqual([
      { event: "yes", data: "1" },
    ]);
  });

  it("skips events without data, and forgets their names", () => {
    expect(eventsOf("event: ping\n\ndata: 1\n\n")).toEqual([{ event: "", data: "1" }]);
  });

  it("gives an event whose data is empty", () => {
    expect(eventsOf("data:\n\ndata\n\n")).toEqual([
      { event: "", data: "" },
      { event: "", data: "" },
    ]);
  });

  it("takes a byte order mark at the beginning away", () => {
    expect(eventsOf(Buffer.from("\ufeffdata: 1\n\n"))).toEqual([{ event: "", data: "1" }]);
  });

  it("gives the last event when its blank line, or even its line end, is missing", () => {
    for (const end of ["", "\n", "\r\n", "\r"]) {
      expect(eventsOf(`data: 1\n\nevent: e\ndata: 2${end}`)).toEqual([
        { event: "", data: "1" },
        { event: "e", data: "2" },
      ]);
    }
  });

  it("does not take the line separators of Unicode for line ends", () => {
    expect(eventsOf("data: a\u2028b\u0085c\n\n")).toEqual([{ event: "", data: "a\u2028b\u0085c" }]);
  });

  it("reads back what was written", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", ":", "\n", "\r", "é", "😀") });
    fc.assert(
      fc.property(text, fc.constantFrom("", "message_start"), (data, event) => {
        expect(eventsOf(writeSse(data, event))).toEqual([{ event, data: data.replaceAll(/\r\n|\r/g, "\n") }]);
      }),
    );
  });
});
