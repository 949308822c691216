import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { watchFile } from "./watch-file.js";

let folder: string;
let file: string;
let seen: { times: number };
let changed: () => void;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parlance-watch-"));
  file = join(folder, "parlance.yaml");
  // Its own for each test: removing the folder is a change too, and is told in the next one's time.
  const mine = { times: 0 };
  seen = mine;
  changed = () => {
    mine.times += 1;
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

const sees = (): Promise<void> => expect.poll(() => seen.times, { timeout: 20_000 }).toBeGreaterThan(0);

it.each<readonly [string, () => void]>([
  ["written", () => writeFileSync(file, "two")],
  ["removed", () => unlinkSync(file)],
  [
    "replaced by renaming",
    () => {
      writeFileSync(join(folder, "beside"), "two");
      renameSync(join(folder, "beside"), file);
    },
  ],
])("a file is seen when it is %s", async (_how, change) => {
  writeFileSync(file, "one");
  watchFile(file, changed);
  change();
  await sees();
});

it("a file is seen when the link that leads to it is exchanged, as Kubernetes does", async () => {
  for (const version of ["v1", "v2"]) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "parlance.yaml"), version);
  }
  symlinkSync("v1", join(folder, "..data"));
  symlinkSync("..data/parlance.yaml", file);
  watchFile(file, changed);
  symlinkSync("v2", join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  await sees();
});

it("what is written in many steps is seen once, and a neighbour never", async () => {
  writeFileSync(file, "one");
  watchFile(file, changed);
  for (let step = 0; step < 20; step += 1) {
    writeFileSync(file, "x".repeat(step));
    writeFileSync(join(folder, "neighbour"), String(step));
  }
  await sees();
  const before = seen.times;
  writeFileSync(join(folder, "neighbour"), "again");
  // A change that is seen proves that the neighbour's, which came before it, was not.
  writeFileSync(file, "two");
  await expect.poll(() => seen.times, { timeout: 20_000 }).toBe(before + 1);
  expect(before).toBe(1);
});

it("a folder that is not there is told at once", () => {
  expect(() => watchFile(join(folder, "none", "parlance.yaml"), changed)).toThrow("ENOENT");
});
