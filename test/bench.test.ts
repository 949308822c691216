import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const runner = fileURLToPath(new URL("bench/run.mjs", import.meta.url));

interface Told {
  readonly groups: readonly {
    readonly cells: readonly {
      readonly name: string;
      readonly contenders: readonly {
        readonly contender: string;
        readonly requests: number;
        readonly cpu: number;
        readonly ratio: number;
        readonly rss: number;
      }[];
    }[];
  }[];
}

describe("npm run bench", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parlance-bench-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs it with the least of everything; its temporary folders are made in the test's own. */
  function bench(...args: string[]): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, [runner, ...args], { env: { ...process.env, TMPDIR: folder } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        said += bytes.toString();
      });
    }
    // "close" waits for every process that holds its output, so a child left behind would be seen.
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, said })));
  }

  it("gives every contender of a cell its figures, over each protocol, and cleans up", async () => {
    const json = join(folder, "told.json");
    const cells = [
      "verbatim/unary/large/c1",
      "translated/sse/burst/c1",
      "grpc/stream/burst/c1",
      "connect/unary/small/c1",
    ];
    const least = ["--rounds", "1", "--slice", "20", "--warm", "30"];
    const { code, said } = await bench("--only", `^(${cells.join("|")})$`, ...least, "--json", json);
    expect(code, said).toBe(0);
    const told = JSON.parse(readFileSync(json, "utf8")) as Told;
    const measured = told.groups.flatMap((group) => group.cells);
    expect(measured.map(({ name, contenders }) => [name, contenders.map(({ contender }) => contender)])).toEqual([
      [cells[0], ["bare", "fastify", "parlance"]],
      [cells[1], ["bare", "parlance"]],
      [cells[2], ["bare", "grpc-js", "connect-node", "parlance"]],
      [cells[3], ["bare", "connect-node", "parlance"]],
    ]);
    for (const { contenders } of measured) {
      for (const { requests, cpu, ratio, rss } of contenders) {
        for (const figure of [requests, cpu, ratio, rss]) expect(figure).toBeGreaterThan(0);
      }
    }
    for (const name of cells) expect(said).toContain(name);
    expect(readdirSync(folder)).toEqual(["told.json"]);
  }, 120_000);

  it("tells what it does not understand, and measures nothing then", async () => {
    expect(await bench("--rounds", "none")).toEqual({ code: 2, said: expect.stringContaining("--rounds wants") });
    expect(await bench("--only", "no such cell")).toEqual({ code: 1, said: expect.stringContaining("no cell's name") });
  });
});
