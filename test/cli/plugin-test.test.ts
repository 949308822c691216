import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/sdk/testing/index.js";
import { buildProgram, type Ended, runProgram } from "../kits/program.js";

const conformance = fileURLToPath(new URL("../conformance", import.meta.url));
// Inside the repository, so that the SDK is found from there.
const cache = fileURLToPath(new URL("../../.cache", import.meta.url));
mkdirSync(cache, { recursive: true });
const cwd = mkdtempSync(join(cache, "plugin-test-"));

beforeAll(() => {
  buildProgram();
  cpSync(join(conformance, "acme"), join(cwd, "acme"), { recursive: true });
  cpSync(join(conformance, "acme"), join(cwd, "broken"), { recursive: true });
  cpSync(join(conformance, "broken/usage-told.js"), join(cwd, "broken/index.js"));
}, 120_000);
afterAll(() => rmSync(cwd, { recursive: true }));

const test = (...words: string[]): Promise<Ended> => runProgram(["plugin", "test", ...words], { cwd });

describe("plugin test", () => {
  it("tells what a plugin keeps, and ends with 0", async () => {
    const { code, out, error } = await test("./acme", "--only", "any-split");
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(
      /^acme 1\.0\.0\n {2}passed {7}any-split\n1 passed, 0 failed, 0 declared unsupported, in [\d.]+ s\n/,
    );
  });

  it("tells what a plugin does not keep in sentences and in a report, and ends with 1", async () => {
    const { code, out } = await test("./broken", "--only", "usage-told", "--json", "report.json");
    expect(code).toBe(1);
    expect(out).toContain("FAILED       usage-told: The tokens that the server counted are told.");
    expect(out).toMatch(/expected: input_tokens \d+ for the recording .*\n {4}came: {5}none/);
    const [report] = JSON.parse(readFileSync(join(cwd, "report.json"), "utf8")) as Report[];
    expect(report).toMatchObject({ plugin: "acme", version: "1.0.0", passed: 0, failed: 1, unsupported: 0 });
    expect(report?.checks[0]).toMatchObject({ name: "usage-told", state: "failed", came: "none" });
  });

  it("tells what a plugin does not promise as unsupported, never as passed", async () => {
    const { code, out } = await test("openai", "--only", "token-count");
    expect(code).toBe(0);
    expect(out).toContain("unsupported  token-count: Its manifest does not promise count_tokens.");
    expect(out).toContain("0 passed, 0 failed, 1 declared unsupported");
  });

  it("refuses what is no plugin and what is no check", async () => {
    expect(await test("nowhere")).toMatchObject({ code: 1, out: "" });
    const { code, error } = await test("./acme", "--only", "everything");
    expect(code).toBe(1);
    expect(error).toContain('There is no check "everything". There are: manifest, import-silent,');
  });
});
