import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findConfig, readPluginsConfig } from "./load.js";
import { pathSteps, pathText } from "./problem.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parlance-load-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the configuration that is found", () => {
  it("is the file that was named, from the working directory", async () => {
    writeFileSync(join(folder, "other.yaml"), "log: {}");
    writeFileSync(join(folder, "parlance.yaml"), "server: {}");
    expect(await findConfig("other.yaml", folder)).toEqual({ text: "log: {}", source: "other.yaml" });
  });

  it("is the first of the usual ones", async () => {
    expect((await findConfig(undefined, folder)).text).toBeUndefined();
    for (const name of ["parlance.json", "parlance.yml", "parlance.yaml"]) {
      writeFileSync(join(folder, name), "{}");
      expect((await findConfig(undefined, folder)).source).toBe(name);
    }
  });

  it("is never another where the named one, or a usual one, cannot be read", async () => {
    await expect(findConfig("none.yaml", folder)).rejects.toThrow("ENOENT");
    mkdirSync(join(folder, "parlance.yaml"));
    writeFileSync(join(folder, "parlance.yml"), "{}");
    await expect(findConfig(undefined, folder)).rejects.toThrow("EISDIR");
  });
});

describe("where plugins are", () => {
  it("is read before they are known, whatever else is wrong", () => {
    const text =
      "plugins: { paths: [ '${HOME_OF_PLUGINS}' ], allow: [ a ] }\nproviders: { none: { plugin: none } }\nzzz: 1";
    expect(readPluginsConfig(text, { HOME_OF_PLUGINS: "/opt" })).toMatchObject({ paths: ["/opt"], allow: ["a"] });
  });

  it.each([undefined, "", "a: b: c", "- 1"])("is unknown of %j", (text) => {
    expect(readPluginsConfig(text, {})).toBeUndefined();
  });
});

it.each([
  ["models.smart.targets[0].provider", ["models", "smart", "targets", 0, "provider"]],
  ["a", ["a"]],
  ["", []],
])("the path %s is read as it is written", (text, path) => {
  expect(pathText(path)).toBe(text);
  expect(pathSteps(text)).toEqual(path);
});
