import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderPlugin } from "../../src/sdk/index.js";
import { servePlugin } from "../../src/sdk/serve.js";
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
  cpSync(join(conformance, "acme"), join(cwd, "apart"), { recursive: true });
  const { parlance, ...about } = JSON.parse(readFileSync(join(cwd, "acme/package.json"), "utf8")) as {
    parlance: Record<string, unknown>;
  };
  const write = (folder: string, more: Record<string, unknown>): void =>
    writeFileSync(join(cwd, folder, "package.json"), JSON.stringify({ ...about, parlance: { ...parlance, ...more } }));
  write("apart", { isolation: "process" });
  mkdirSync(join(cwd, "program"));
  write("program", { entry: undefined, conformance: undefined, command: ["node", "main.js"] });
}, 120_000);
afterAll(() => rmSync(cwd, { recursive: true }));

const acme = async (): Promise<ProviderPlugin> => {
  const module = (await import(pathToFileURL(join(conformance, "acme/index.js")).href)) as { default: ProviderPlugin };
  return module.default;
};
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

  it.each(["worker", "process"])("runs a plugin where it is told to (%s)", async (isolation) => {
    const { code, out } = await test("./acme", "--only", "memory-steady", "--isolation", isolation);
    expect(code).toBe(0);
    expect(out).toContain("unsupported  memory-steady: It runs elsewhere, in memory of its own.");
  });

  it("runs a plugin where its manifest says, and a program of its own nowhere else", async () => {
    const { code, out } = await test("./apart", "--only", "close-ends");
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("passed       close-ends") as string });
    expect((await test("./apart", "--only", "memory-steady")).out).toContain("It runs elsewhere");
    expect(await test("./program", "--isolation", "in_process")).toMatchObject({
      code: 1,
      error: expect.stringContaining('its isolation can only be "process"') as string,
    });
  });

  it("asks a plugin at an address, with its token, and answers it by recordings", async () => {
    const served = await servePlugin(await acme(), {
      name: "acme",
      version: "1.0.0",
      capabilities: ["complete", "embed", "count_tokens"],
      socket: join(cwd, "s"),
      token: "opens-the-door",
    });
    writeFileSync(join(cwd, "token"), "opens-the-door\n");
    const address = `unix:${join(cwd, "s")}`;
    try {
      const asked = await test(address, "--token-file", "token", "--recordings", "acme/conformance");
      expect(asked, asked.out).toMatchObject({ code: 0, error: "" });
      const unsupported = [...asked.out.matchAll(/unsupported {2}([a-z-]+):/g)].map(([, name]) => name);
      expect(unsupported).toEqual([
        "manifest",
        "import-silent",
        "memory-steady",
        "no-environment",
        "output-canary",
        "close-ends",
      ]);
      expect(await test(address)).toMatchObject({
        code: 1,
        error: expect.stringContaining("Nobody shakes hands at unix:") as string,
      });
    } finally {
      await served.close();
    }
  });

  it("refuses flags that are for another kind of plugin", async () => {
    expect((await test("./acme", "--token-file", "token")).error).toContain("--token-file is for an address");
    expect((await test("http://127.0.0.1:9", "--isolation", "process")).error).toContain(
      "--isolation is for a package",
    );
  });

  it("refuses what is no plugin and what is no check", async () => {
    expect(await test("nowhere")).toMatchObject({ code: 1, out: "" });
    const { code, error } = await test("./acme", "--only", "everything");
    expect(code).toBe(1);
    expect(error).toContain('There is no check "everything". There are: manifest, import-silent,');
  });
});
