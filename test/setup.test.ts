import { spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Stands in for npm: writes down how it was called, and installs a compiler that writes down what it built. */
const NPM = `
import fs from "node:fs";
const log = process.cwd() + "/calls.log";
fs.appendFileSync(log, "npm " + process.argv.slice(2).join(" ") + "\\n");
if (fs.existsSync("npm-fails")) { console.error("npm says no"); process.exit(1); }
await new Promise((resolve) => setTimeout(resolve, 200));
fs.rmSync("node_modules", { recursive: true, force: true });
fs.mkdirSync("node_modules/typescript/bin", { recursive: true });
fs.writeFileSync("node_modules/typescript/bin/tsc", \`
  const fs = require("node:fs");
  fs.appendFileSync("\${log}", "tsc " + process.argv[3].slice("\${process.cwd()}".length) + "\\\\n");
  const out = process.argv[3].endsWith("build.json") ? ".cache/modules/" : "dist/";
  fs.mkdirSync("dist", { recursive: true });
  fs.mkdirSync(out, { recursive: true });
  for (const name of fs.readdirSync("src")) {
    fs.writeFileSync(out + name.replace(/ts$/, "js"), "");
    fs.writeFileSync("dist/" + name.replace(/ts$/, "d.ts"), "");
  }
\`);
`;

/** Stands in for the bundler: writes down that it was called. */
const BUNDLE = `
import fs from "node:fs";
fs.appendFileSync("calls.log", "bundle\\n");
fs.copyFileSync(".cache/modules/main.js", "dist/main.js");
`;

describe("setup", () => {
  let clone: string;

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "parlance-setup-"));
    cpSync(join(root, "setup.mjs"), join(clone, "setup.mjs"));
    for (const folder of ["src", "plugins/p/src"]) mkdirSync(join(clone, folder), { recursive: true });
    const files = {
      "npm.mjs": NPM,
      "bundle.mjs": BUNDLE,
      "package.json": '{"dependencies":{"a":"1.0.0"}}',
      "package-lock.json": "{}",
      "tsconfig.base.json": "{}",
      "tsconfig.build.json": "{}",
      "src/main.ts": "",
      "src/old.ts": "",
      "plugins/p/package.json": "{}",
      "plugins/p/tsconfig.json": "{}",
      "plugins/p/src/index.ts": "",
    };
    for (const [path, text] of Object.entries(files)) writeFileSync(join(clone, path), text);
  });

  afterEach(() => rmSync(clone, { recursive: true }));

  function setup(...nodeArguments: string[]): Promise<{ code: number | null; said: string }> {
    const env = { ...process.env, npm_execpath: join(clone, "npm.mjs"), NODE_ENV: "production" };
    const child = spawn(process.execPath, [...nodeArguments, join(clone, "setup.mjs")], { env });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, said })));
  }

  /** What npm and the compiler were called for since the last look. */
  function calls(): string[] {
    const log = join(clone, "calls.log");
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    rmSync(log, { force: true });
    return lines;
  }

  it("installs, builds the gateway and then its plugins, and tells each with its time", async () => {
    const { code, said } = await setup();
    expect(code).toBe(0);
    expect(calls()).toEqual([
      "npm ci --include=dev --no-audit --no-fund --loglevel=error",
      "tsc /tsconfig.build.json",
      "bundle",
      "tsc /plugins/p/tsconfig.json",
    ]);
    expect(said.trim().split("\n")).toEqual([
      expect.stringMatching(/^setup: installing dependencies \(npm ci: there are none yet\) \.\.\. \d+\.\d s$/),
      expect.stringMatching(/^setup: building dist \.\.\. \d+\.\d s$/),
      expect.stringMatching(/^setup: building plugins\/p\/dist \.\.\. \d+\.\d s$/),
    ]);
  });

  it("does and says nothing when there is nothing to do", async () => {
    await setup();
    calls();
    expect(await setup()).toEqual({ code: 0, said: "" });
    expect(calls()).toEqual([]);
  });

  it("does only what a change asks for", async () => {
    await setup();
    calls();
    appendFileSync(join(clone, "plugins/p/src/index.ts"), "export {};");
    await setup();
    expect(calls()).toEqual(["tsc /plugins/p/tsconfig.json"]);
    appendFileSync(join(clone, "src/main.ts"), "export {};");
    await setup();
    expect(calls()).toEqual(["tsc /tsconfig.build.json", "bundle"]);
    writeFileSync(join(clone, "src/main.test.ts"), "");
    writeFileSync(join(clone, "package.json"), '{"dependencies":{"a":"1.0.0"},"description":"new"}');
    await setup();
    expect(calls()).toEqual([]);
    writeFileSync(join(clone, "package-lock.json"), '{ "changed": 1 }');
    await setup();
    expect(calls()[0]).toMatch(/^npm ci/);
  });

  it("builds plugins again when the SDK that they are compiled against changes", async () => {
    mkdirSync(join(clone, "src/sdk"));
    writeFileSync(join(clone, "src/sdk/index.ts"), "");
    await setup();
    calls();
    appendFileSync(join(clone, "src/sdk/index.ts"), "export {};");
    await setup();
    expect(calls()).toEqual(["tsc /tsconfig.build.json", "bundle", "tsc /plugins/p/tsconfig.json"]);
  });

  it("removes what was built of a source that is gone", async () => {
    await setup();
    rmSync(join(clone, "src/old.ts"));
    await setup();
    expect(existsSync(join(clone, "dist/main.js"))).toBe(true);
    expect(existsSync(join(clone, "dist/old.d.ts"))).toBe(false);
    expect(existsSync(join(clone, ".cache/modules/old.js"))).toBe(false);
  });

  it("works once when several run at the same time, and all are done when they end", async () => {
    const ends = await Promise.all([setup(), setup(), setup()]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(calls()).toHaveLength(4);
  });

  it("takes over the lock of a setup that was killed", async () => {
    mkdirSync(join(clone, ".cache"));
    // No process has so high a number.
    writeFileSync(join(clone, ".cache/setup.lock"), "99999999");
    const ends = await Promise.all([setup(), setup()]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(calls()).toHaveLength(4);
    expect(existsSync(join(clone, ".cache/setup.lock"))).toBe(false);
  });

  it("fails with npm's own words, and tries again the next time", async () => {
    writeFileSync(join(clone, "npm-fails"), "");
    const { code, said } = await setup();
    expect(code).toBe(1);
    expect(said).toContain("npm says no");
    rmSync(join(clone, "npm-fails"));
    expect((await setup()).code).toBe(0);
  });

  it("refuses a Node that is too old in one clear line", async () => {
    const older = join(clone, "older.mjs");
    writeFileSync(older, 'Object.defineProperty(process.versions, "node", { value: "20.18.3" });');
    expect(await setup("--import", pathToFileURL(older).href)).toEqual({
      code: 1,
      said: "setup: Parlance needs Node 20.19 or later; this is Node 20.18.3.\n",
    });
    expect(calls()).toEqual([]);
  });
});
