import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The repository's files, also those that are not committed yet, as text. Binary files are left out. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString()
  .trim()
  .split("\n")
  .filter((path) => existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
  .filter(({ text }) => !text.includes("\u0000"));

function linesWith(pattern: RegExp, skip: (path: string) => boolean = () => false): string[] {
  return files
    .filter(({ path }) => !skip(path))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
    );
}

describe("the repository", () => {
  it("names no place of any one machine", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(linesWith(/(?:^|[\s"'`(=:])\/(?:work|root|home|Users|tmp)\/\w/)).toEqual([]);
  });

  it("holds no note of work left undone", () => {
    // Put together here, so that this file does not find itself.
    const words = new RegExp(`\\b(?:${["TO-DO", "FIX-ME", "XX-X", "HA-CK"].join("|").replaceAll("-", "")})\\b`);
    expect(["T", "ODO: later"].join("")).toMatch(words);
    expect(linesWith(words, (path) => path === "package-lock.json" || path.startsWith("src/gen/"))).toEqual([]);
  });

  it("asks for every package by one exact version", () => {
    const manifests = files.filter(({ path }) => path.endsWith("package.json"));
    const loose = manifests.flatMap(({ path, text }) => {
      const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
      return ["dependencies", "devDependencies", "optionalDependencies"]
        .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
        .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${path}: ${name} ${version}`);
    });
    expect(manifests.length).toBeGreaterThan(1);
    expect(loose).toEqual([]);
  });
});

describe("the gateway's package", () => {
  it("depends on all that the plugins inside of it need, in the same version", () => {
    const dependenciesOf = (path: string): [string, string][] =>
      Object.entries(
        (JSON.parse(readFileSync(join(root, path), "utf8")) as { dependencies?: object }).dependencies ?? {},
      );
    const own = new Map(dependenciesOf("package.json"));
    const inside = files.filter(({ path }) => /^(?:plugins\/[^/]+|src\/sdk)\/package\.json$/.test(path));
    expect(inside.length).toBeGreaterThan(3);
    const missing = inside.flatMap(({ path }) =>
      dependenciesOf(path)
        // It lies in plugins/node_modules and is the gateway's own.
        .filter(([name, version]) => name !== "@parlance/sdk" && own.get(name) !== version)
        .map(([name, version]) => `${path}: ${name} ${version}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("the lockfile", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const packages = Object.entries(lock.packages);

  it("holds no address of a registry", () => {
    const addresses = packages.filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
    expect(packages.length).toBeGreaterThan(100);
    expect(addresses).toEqual([]);
  });

  it("has every optional package for every platform, without which npm ci fails elsewhere", () => {
    const names = new Set(packages.map(([path]) => path.replace(/^.*node_modules\//, "")));
    const missing = packages.flatMap(([path, { optionalDependencies = {} }]) =>
      path === "" ? [] : Object.keys(optionalDependencies).filter((name) => !names.has(name)),
    );
    expect(missing).toEqual([]);
  });
});
