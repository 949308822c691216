import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discover } from "./discover.js";
import { type ThrowAway, throwAway } from "../../test/support/throw-away-packages.js";

let room: ThrowAway;
beforeEach(async () => {
  room = await throwAway();
});
afterEach(() => room.remove());

const namesOf = async (options: Parameters<typeof discover>[0]): Promise<string[]> =>
  (await discover(options)).map((plugin) => plugin.name);

describe("discovery", () => {
  it("finds the children of the built-in directory that are plugins", async () => {
    await room.plugin("plugins/b");
    await room.plugin("plugins/a");
    await room.write({ "plugins/library/package.json": { name: "library" }, "plugins/notes/README.md": "no package" });
    expect(await namesOf({ builtIn: join(room.directory, "plugins") })).toEqual(["a", "b"]);
  });

  it("takes a path as one package or as a directory of packages, relative to the working directory", async () => {
    await room.plugin("one");
    await room.plugin("many/two");
    await room.plugin("many/three");
    expect(await namesOf({ paths: ["one", join(room.directory, "many")], cwd: room.directory })).toEqual([
      "one",
      "three",
      "two",
    ]);
  });

  it("tells of a path that holds no plugin", async () => {
    const [found] = await discover({ paths: ["nowhere"], cwd: room.directory });
    expect(found?.name).toBe("nowhere");
    expect(found?.problems[0]).toContain("There is no plugin in");
  });

  it("opens direct dependencies and telling names in node_modules, and nothing else", async () => {
    await room.write({
      "package.json": { dependencies: { "acme-models": "1" }, optionalDependencies: { "@acme/more": "1", gone: "1" } },
      "node_modules/broken/package.json": "{ nope",
      "node_modules/plain/package.json": { name: "plain" },
    });
    await room.plugin("node_modules/acme-models");
    await room.plugin("node_modules/@acme/more");
    await room.plugin("node_modules/parlance-plugin-first");
    await room.plugin("node_modules/@else/parlance-plugin-second");
    await room.plugin("node_modules/@parlance/plugin-third");
    await room.plugin("node_modules/deep-inside");
    const names = (await discover({ cwd: room.directory })).map((plugin) =>
      plugin.directory.slice(room.directory.length),
    );
    expect(names.sort()).toEqual([
      "/node_modules/@acme/more",
      "/node_modules/@else/parlance-plugin-second",
      "/node_modules/@parlance/plugin-third",
      "/node_modules/acme-models",
      "/node_modules/parlance-plugin-first",
    ]);
  });

  it("does not tell of a broken dependency that nothing shows to be a plugin", async () => {
    await room.write({
      "package.json": { dependencies: { broken: "1" } },
      "node_modules/broken/package.json": "{ nope",
      "node_modules/parlance-plugin-torn/package.json": "{ nope",
    });
    expect(await namesOf({ cwd: room.directory })).toEqual(["torn"]);
  });

  it("needs neither a package.json nor node_modules", async () => {
    expect(await discover({ cwd: room.directory, builtIn: join(room.directory, "nowhere") })).toEqual([]);
  });

  it("tells a package once that is linked from node_modules", async () => {
    await room.plugin("plugins/a");
    await room.write({ "node_modules/@parlance/.keep": "" });
    await symlink(join(room.directory, "plugins/a"), join(room.directory, "node_modules/@parlance/plugin-a"));
    const found = await discover({ builtIn: join(room.directory, "plugins"), cwd: room.directory });
    expect(found.map((plugin) => plugin.directory)).toEqual([join(room.directory, "plugins/a")]);
  });

  it("puts what the operator named first, then the built-in, then node_modules", async () => {
    await room.plugin("mine/a");
    await room.plugin("plugins/a");
    await room.plugin("node_modules/parlance-plugin-a", { name: "a" });
    const found = await discover({ paths: ["mine"], builtIn: join(room.directory, "plugins"), cwd: room.directory });
    expect(found.map((plugin) => plugin.directory.slice(room.directory.length))).toEqual([
      "/mine/a",
      "/plugins/a",
      "/node_modules/parlance-plugin-a",
    ]);
  });

  it("runs no code of a plugin", async () => {
    await room.plugin("plugins/a", {}, "globalThis.parlanceLoaderRan = true; throw new Error('ran');");
    expect(await namesOf({ builtIn: join(room.directory, "plugins") })).toEqual(["a"]);
    expect(globalThis).not.toHaveProperty("parlanceLoaderRan");
  });
});
