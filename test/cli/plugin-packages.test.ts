import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalRegistry, startLocalRegistry } from "../kits/local-registry.js";
import { buildProgram, type Ended, runProgram } from "../kits/program.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const CODE = "export default { create: () => ({ complete: async function* () {} }) };\n";
const MANIFEST = {
  name: "parlance-plugin-acme",
  version: "1.2.0",
  type: "module",
  scripts: { postinstall: "node -e \"fs.writeFileSync('ran', '')\"" },
  parlance: {
    kind: "provider",
    api: 1,
    entry: "./index.js",
    capabilities: ["complete"],
    environment: { api_key: "ACME_API_KEY" },
  },
};

let registry: LocalRegistry;
let home: string;
let environment: Record<string, string>;

beforeAll(async () => {
  buildProgram();
  registry = await startLocalRegistry();
}, 120_000);
afterAll(() => registry.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "parlance-plugins-"));
  environment = { npm_config_registry: registry.url, npm_config_cache: join(home, "cache"), HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof content === "string" ? content : JSON.stringify(content));
  }
}

const read = (path: string): string => readFileSync(join(home, path), "utf8");
const parlance = (...args: string[]): Promise<Ended> => runProgram(args, { cwd: home, environment });

describe("parlance plugin new", () => {
  it.each([
    ["TypeScript", []],
    ["TypeScript, in a process of its own", ["--isolation", "process"]],
    ["plain JavaScript", ["--language", "js"]],
    ["plain JavaScript, in a process of its own", ["--language", "js", "--isolation", "process"]],
  ])(
    "writes a package in %s whose tests pass, and the conformance kit too",
    async (_kind, flags) => {
      const { code, out } = await parlance("plugin", "new", "acme", "--dir", "mine/acme", ...flags);
      expect(code).toBe(0);
      expect(out).toContain("cd mine/acme");
      const cwd = join(home, "mine/acme");
      const env = { ...process.env, ...environment, PARLANCE: join(root, "dist/main.js"), NODE_OPTIONS: "" };
      // Not synchronously: the registry is in this process.
      const npm = (...args: string[]) => promisify(execFile)("npm", args, { cwd, env, timeout: 60_000 });
      await npm("install", "--no-audit", "--no-fund");
      expect((await npm("test")).stdout).toMatch(/pass 5\n/);
      const tested = await runProgram(["plugin", "test", ".", "--only", "memory-steady"], { cwd, environment });
      expect(tested, tested.out).toMatchObject({ code: 0, error: "" });
      expect(tested.out).toMatch(
        !flags.includes("process") ? /passed +memory-steady/ : /memory-steady: It runs elsewhere/,
      );
      expect(read("mine/acme/README.md")).toContain("parlance plugin test .");
      const kit = await parlance("plugin", "test", "mine/acme");
      const unsupported = flags.includes("process") ? 4 : 2;
      expect(kit.out).toMatch(new RegExp(`\\d+ passed, 0 failed, ${unsupported} declared unsupported`));
      const packed = await parlance("plugin", "pack", "mine/acme");
      expect(packed).toMatchObject({ code: 0, out: "parlance-plugin-acme-0.1.0.tgz\n" });
      expect(existsSync(join(home, "parlance-plugin-acme-0.1.0.tgz"))).toBe(true);
    },
    120_000,
  );

  it("writes over nothing, and takes no name that is none", async () => {
    write({ "parlance-plugin-acme/kept": "mine" });
    expect(await parlance("plugin", "new", "acme")).toMatchObject({
      code: 1,
      error: "parlance: parlance-plugin-acme is not empty. Name another folder with --dir.\n",
    });
    expect(await parlance("plugin", "new", "Acme!")).toMatchObject({ code: 1 });
    expect(await parlance("plugin", "new", "acme", "--language", "cobol")).toMatchObject({ code: 2 });
    expect(readdirSync(home)).toEqual(["parlance-plugin-acme"]);
  });
});

describe("parlance plugin add", () => {
  it("installs a folder beside the configuration, allows it, and runs none of its code", async () => {
    write({
      "etc/parlance.yaml": "plugins:\n  allow: [openai] # no others\n",
      "acme/package.json": MANIFEST,
      "acme/index.js": 'import fs from "node:fs"; fs.writeFileSync("ran", ""); export default {};',
    });
    const { code, out, error } = await parlance("plugin", "add", "./acme", "--config", "etc/parlance.yaml");
    expect(code, error).toBe(0);
    expect(out).toContain("Added acme 1.2.0 (parlance-plugin-acme).");
    expect(out).toContain('providers:\n  acme: { api_key: "${ACME_API_KEY}" }\n');
    expect(read("etc/parlance.yaml")).toBe("plugins:\n  allow: [openai, acme] # no others\n");
    expect([existsSync(join(home, "etc/ran")), existsSync(join(home, "acme/ran"))]).toEqual([false, false]);
  });

  it("makes it usable by the configuration, from wherever the gateway is started", async () => {
    write({
      "etc/parlance.yaml": "providers: { acme: {} }\n",
      "acme/package.json": MANIFEST,
      "acme/index.js": CODE,
    });
    expect(await parlance("config", "check", "--config", "etc/parlance.yaml")).toMatchObject({ code: 1 });
    await parlance("plugin", "add", "acme", "--config", "etc/parlance.yaml");
    expect(await parlance("config", "check", "--config", "etc/parlance.yaml")).toMatchObject({ code: 0 });
  });

  it.each([
    ["no plugin", { ...MANIFEST, parlance: undefined }, "is no plugin"],
    ["a faulty manifest", { ...MANIFEST, parlance: { ...MANIFEST.parlance, api: 9 } }, "It speaks plugin api 9"],
    ["a name that is taken", { ...MANIFEST, name: "parlance-plugin-openai" }, 'The name "openai" is taken'],
  ])("keeps nothing of a package with %s", async (_kind, manifest, told) => {
    write({ "package.json": "{}", "acme/package.json": manifest, "acme/index.js": CODE });
    const { code, error } = await parlance("plugin", "add", "./acme");
    expect(code).toBe(1);
    expect(error).toContain(told);
    expect(JSON.parse(read("package.json"))).not.toHaveProperty(["dependencies", manifest.name]);
    expect(existsSync(join(home, "node_modules", manifest.name))).toBe(false);
  });

  it("tells what npm said of a package that does not exist", async () => {
    const { code, error } = await parlance("plugin", "add", "parlance-plugin-nowhere");
    expect(code).toBe(1);
    expect(error).toContain("404");
    expect(error).toContain("parlance: npm install failed (exit code 1).");
  });
});

describe("parlance plugin remove", () => {
  beforeEach(async () => {
    write({
      "parlance.yaml": "plugins: { allow: [openai] }\n",
      "acme/package.json": MANIFEST,
      "acme/index.js": CODE,
    });
    expect(await parlance("plugin", "add", "./acme")).toMatchObject({ code: 0 });
  });

  it("takes out what add put in", async () => {
    expect(await parlance("plugin", "remove", "acme")).toMatchObject({
      code: 0,
      out: "Removed acme (parlance-plugin-acme).\n",
    });
    expect(existsSync(join(home, "node_modules/parlance-plugin-acme"))).toBe(false);
    expect(read("parlance.yaml")).toBe("plugins: { allow: [openai] }\n");
  });

  it("refuses while a provider uses it, and names the provider", async () => {
    write({ "parlance.yaml": "providers: { mine: { plugin: acme }, acme: {}, other: { plugin: openai } }\n" });
    const { code, error } = await parlance("plugin", "remove", "parlance-plugin-acme");
    expect(code).toBe(1);
    expect(error).toContain('It is used by the provider "mine", "acme"');
    expect(existsSync(join(home, "node_modules/parlance-plugin-acme"))).toBe(true);
  });

  it("refuses to leave a list behind that allows every plugin", async () => {
    write({ "parlance.yaml": "plugins: { allow: [acme] }\n" });
    const { code, error } = await parlance("plugin", "remove", "acme");
    expect(code).toBe(1);
    expect(error).toContain("an empty list allows every plugin");
    expect(existsSync(join(home, "node_modules/parlance-plugin-acme"))).toBe(true);
  });

  it("names the nearest plugin, and does not touch what comes with the gateway", async () => {
    expect((await parlance("plugin", "remove", "acne")).error).toContain('Did you mean "acme"?');
    expect((await parlance("plugin", "remove", "openai")).error).toContain("was not added here, so it stays");
  });
});

describe("parlance plugin pack", () => {
  it("refuses a package whose entry would not be in the tarball, and leaves none", async () => {
    write({ "acme/package.json": { ...MANIFEST, files: ["lib"] }, "acme/index.js": CODE });
    const { code, error } = await parlance("plugin", "pack", "acme");
    expect(code).toBe(1);
    expect(error).toContain(
      'index.js is missing from the tarball. Name it, or its folder, in "files" in acme/package.json.',
    );
    expect(readdirSync(home).filter((name) => name.endsWith(".tgz"))).toEqual([]);
  });

  it("refuses a faulty manifest, and a folder that holds no plugin", async () => {
    write({ "acme/package.json": MANIFEST, "other/package.json": { name: "other", version: "1.0.0" } });
    expect((await parlance("plugin", "pack", "acme")).error).toContain('"./index.js", which is not there');
    expect((await parlance("plugin", "pack", "other")).error).toContain('no member "parlance"');
    expect((await parlance("plugin", "pack", "nowhere")).error).toContain("cannot be read");
  });
});
