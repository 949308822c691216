import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { findCycles } from "./find-cycles.js";
import { type Declared, findViolations } from "./find-violations.js";
import { filesIn, type Module, readModules } from "./read-modules.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["src", "plugins"];

function declaredIn(tree: string): Declared {
  const manifests = [join(tree, "package.json"), ...filesIn(join(tree, "plugins"), "package.json")];
  return new Map(
    manifests.map((manifest) => {
      const { dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8")) as { dependencies?: object };
      return [
        manifest === manifests[0] ? "" : dirname(manifest).slice(tree.length + 1),
        new Set(Object.keys(dependencies)),
      ];
    }),
  );
}

describe("the house", () => {
  const house = root.replace(/\/$/, "");
  const modules = readModules(house, FOLDERS);

  it("is seen whole: as many modules as files", () => {
    const files = FOLDERS.flatMap((folder) => filesIn(join(house, folder), ".ts"));
    expect(files.length).toBeGreaterThan(80);
    expect(modules.length).toBeGreaterThanOrEqual(files.length);
    expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(modules.length);
  });

  it("imports downwards only, and no room imports a room beside it", () => {
    expect(findViolations(modules, declaredIn(house))).toEqual([]);
  });

  it("has no circles of imports", () => {
    expect(findCycles(modules)).toEqual([]);
  });
});

describe("the rule, on a tree with planted violations,", () => {
  let tree: string | undefined;

  /** Writes a small house: its files and what is wrong with them. */
  function plant(files: Readonly<Record<string, string>>): Module[] {
    tree = mkdtempSync(join(tmpdir(), "parlance-planted-"));
    const all = {
      "package.json": '{"dependencies":{"fastify":"5"}}',
      "plugins/p/package.json": '{"dependencies":{"@parlance/sdk":"0"}}',
      "src/gen/a.ts": "export type A = 1;",
      "src/sdk/index.ts": 'export * from "../gen/a.js";',
      "src/core/exchange.ts": 'import type { A } from "../sdk/index.js"; export type Exchange = A;',
      "src/routing/plan.ts": 'import { x } from "../core/exchange.js"; export const plan = x;',
      "src/cache/cache.ts": "export const cache = 1;",
      "src/transport/rpc/door.ts": 'import "fastify"; import "node:fs"; import "../shared.js";',
      "src/transport/openai/door.ts": "export {};",
      "src/transport/shared.ts": "export {};",
      "src/gateway.ts": 'import "./transport/rpc/door.js"; import "./cache/cache.js"; import "./routing/plan.js";',
      "plugins/p/src/index.ts": 'import "@parlance/sdk"; import "./other.js";',
      "plugins/p/src/other.ts": "export {};",
      ...files,
    };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    return readModules(tree, FOLDERS);
  }

  const violations = (files: Readonly<Record<string, string>>): string[] => {
    const modules = plant(files);
    return findViolations(modules, declaredIn(tree as string));
  };

  afterEach(() => {
    if (tree !== undefined) rmSync(tree, { recursive: true });
    tree = undefined;
  });

  it("finds nothing where nothing is wrong", () => {
    expect(violations({})).toEqual([]);
  });

  it.each([
    ["a static import", 'import { cache } from "../cache/cache.js";'],
    ["an import for its effect", 'import "../cache/cache.js";'],
    ["an import of a type", 'import type { C } from "../cache/cache.js";'],
    ["a type named by import()", 'export type C = import("../cache/cache.js").C;'],
    ["a dynamic import", 'export const load = () => import("../cache/cache.js");'],
    ["a re-export", 'export { cache } from "../cache/cache.js";'],
    ["a re-export of everything", 'export * from "../cache/cache.js";'],
    ["a re-export of types", 'export type * from "../cache/cache.js";'],
  ])("finds a step sideways by %s", (_kind, text) => {
    expect(violations({ "src/routing/plan.ts": text })).toEqual([
      "src/routing/plan.ts imports ../cache/cache.js: routing and cache are on one floor, and strangers",
    ]);
  });

  it.each([
    ["src/core/up.ts", "../routing/plan.js", "routing is above core"],
    ["src/gen/up.ts", "../sdk/index.js", "sdk is above gen"],
    ["src/cache/up.ts", "../gateway.js", "gateway.ts is above cache"],
    ["src/attic/x.ts", "../core/exchange.js", "attic has no floor in test/architecture/floors.ts"],
    ["src/gateway/x.ts", "../attic.js", "there is no such module here"],
    ["src/transport/rpc/x.ts", "../openai/door.js", "rpc and openai are strangers in src/transport"],
    ["src/transport/x.ts", "./rpc/door.js", "what the folders of src/transport share knows none of them"],
    ["src/gateway.ts", "../plugins/p/src/index.js", "the house does not know its plugins; they are loaded by name"],
    ["src/gateway.ts", "@parlance/sdk", "the house imports its SDK by its path"],
    ["src/gateway.ts", "vitest", "vitest is not among its package's dependencies"],
    ["src/gateway.ts", "fs", "write node: before what is Node's own"],
    ["plugins/p/src/x.ts", "../../../src/sdk/index.js", "a plugin sees @parlance/sdk and itself only"],
    ["plugins/p/src/x.ts", "fastify", "fastify is not among its package's dependencies"],
  ])("finds %s importing %s", (path, specifier, reason) => {
    expect(violations({ [path]: `import "${specifier}";` })).toEqual([`${path} imports ${specifier}: ${reason}`]);
  });

  it("holds for tests too, which may see the test kits and any package beside", () => {
    const kit = 'import "../../test/kits/upstream.js"; import "vitest";';
    expect(violations({ "src/routing/plan.test.ts": kit })).toEqual([]);
    expect(violations({ "src/routing/plan.test.ts": 'import "../cache/cache.js";' })).toHaveLength(1);
  });

  it("finds a circle, also of types", () => {
    const modules = plant({
      "src/core/a.ts": 'import type { B } from "./b.js"; export type A = B;',
      "src/core/b.ts": 'export * from "./c.js";',
      "src/core/c.ts": 'import "./a.js";',
    });
    expect(findCycles(modules)).toEqual(["src/core/a.ts > src/core/b.ts > src/core/c.ts > src/core/a.ts"]);
  });

  it("refuses a module that it cannot read", () => {
    expect(() => plant({ "src/core/broken.ts": "import {" })).toThrow("src/core/broken.ts cannot be parsed");
  });
});
