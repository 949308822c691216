import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLineBatch } from "./line-batch.js";

let folder: string;
let file: string;
let descriptor: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parlance-log-"));
  file = join(folder, "log");
  descriptor = openSync(file, "w");
});

afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

it("writes every line once and in order, whatever their sizes", () => {
  const batch = createLineBatch(descriptor);
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${"é".repeat(i % 200)}\n`);
  lines.forEach((line, i) => {
    batch.write(line);
    if (i % 700 === 0) batch.flush();
  });
  batch.flushSync();
  expect(readFileSync(file, "utf8")).toBe(lines.join(""));
});

it("writes nothing when there was nothing", () => {
  const batch = createLineBatch(descriptor);
  batch.flush();
  batch.flushSync();
  expect(readFileSync(file, "utf8")).toBe("");
});

it("writes without being told to the last, once a flush was asked for", async () => {
  const batch = createLineBatch(descriptor);
  batch.write("a\n");
  batch.flush();
  while (readFileSync(file, "utf8") === "") await new Promise((resolve) => setTimeout(resolve, 5));
  expect(readFileSync(file, "utf8")).toBe("a\n");
});
