import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { printedLines } from "./log-lines.js";

function recorded(now: () => number = () => 0) {
  const told: string[] = [];
  const lines = printedLines((name, line) => told.push(`${name}: ${line}`), now);
  const stream = new PassThrough();
  return { told, lines, stream };
}

const read = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("what a plugin prints", () => {
  it("is cut into lines wherever it was written in pieces, and the last needs no end", async () => {
    const { told, lines, stream } = recorded();
    lines.take(stream, "stdout");
    stream.write("one\ntw");
    stream.write("o\n\n  \nthree");
    stream.end();
    await read();
    expect(told).toEqual(["stdout: one", "stdout: two", "stdout: three"]);
  });

  it("is told a hundred lines a second, and how many were more than that", async () => {
    let time = 0;
    const { told, lines, stream } = recorded(() => time);
    lines.take(stream, "stderr");
    stream.write("x\n".repeat(150));
    await read();
    expect(told).toHaveLength(100);
    time = 1000;
    stream.write("y\n");
    await read();
    expect(told.slice(100)).toEqual(["dropped: 50", "stderr: y"]);
  });

  it("does not grow without an end", async () => {
    const { told, lines, stream } = recorded();
    lines.take(stream, "stdout");
    stream.write("z".repeat(10_000));
    await read();
    expect(told).toHaveLength(1);
    expect(told[0]?.length).toBeLessThan(5000);
  });

  it("has the line of a stack that tells what happened as its last words", async () => {
    const { lines, stream } = recorded();
    lines.take(stream, "stderr");
    stream.end("warning\nError: broken\n    at main.js:1\n\nNode.js v20.0.0\n");
    await read();
    expect(lines.lastError()).toBe("Error: broken");
  });
});
