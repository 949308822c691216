import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nativeImport } from "../../test/support/native-import.js";
import { type ThrowAway, throwAway } from "../../test/support/throw-away-packages.js";
import { discover } from "./discover.js";
import type { StateChange } from "./plugin-entry.js";
import { createRegistry, type PluginRegistry, type RegistryOptions } from "./registry.js";

let room: ThrowAway;
let time: number;
beforeEach(async () => {
  room = await throwAway();
  time = 1000;
});
afterEach(() => room.remove());

const find = () => discover({ paths: ["plugins"], cwd: room.directory });
const registry = async (options: RegistryOptions = {}): Promise<PluginRegistry> =>
  createRegistry(await find(), { find, now: () => time, world: { importModule: nativeImport }, ...options });

/** A plugin whose providers tell what they were made of. */
const TAGGED = `import { tag } from "./lib/tag.js";
import common from "./common.cjs";
import { shared } from "shared";
export default { create: () => ({ complete() {}, tag, common, shared, late: () => import("./lib/late.js") }) };
`;

async function writeTagged(tag: string, parlance = {}): Promise<void> {
  await room.plugin("plugins/p", parlance, TAGGED);
  await room.write({
    "plugins/p/lib/tag.js": `export const tag = "${tag}";`,
    "plugins/p/lib/late.js": `export const late = "${tag}";`,
    "plugins/p/common.cjs": `module.exports = require("./inner.cjs");`,
    "plugins/p/inner.cjs": `module.exports = "${tag}";`,
    "node_modules/shared/package.json": { name: "shared", type: "module", exports: "./index.js" },
    "node_modules/shared/index.js": "export const shared = {};",
  });
}

interface Tagged {
  readonly tag: string;
  readonly common: string;
  readonly shared: object;
  late(): Promise<{ late: string }>;
}
const SETTINGS = { name: "mine", settings: {} };
const made = async (from: Pick<PluginRegistry, "create">): Promise<Tagged> =>
  (await from.create("p", SETTINGS)) as unknown as Tagged;

describe("a plugin that is renewed", () => {
  it("runs all code of its package anew, ESM and CommonJS, early and late, and shares what it depends on", async () => {
    await writeTagged("one");
    const plugins = await registry();
    const first = await made(plugins);
    await writeTagged("two");
    const edition = await plugins.renew("p");
    expect((await made(plugins)).tag).toBe("one");
    const second = await made(edition);
    edition.take();
    const third = await made(plugins);
    expect([first.tag, first.common]).toEqual(["one", "one"]);
    for (const provider of [second, third]) {
      expect([provider.tag, provider.common, (await provider.late()).late]).toEqual(["two", "two", "two"]);
      expect(provider.shared).toBe(first.shared);
    }
  });

  it("is found again where its directory is a link", async () => {
    await writeTagged("one");
    await symlink(join(room.directory, "plugins"), join(room.directory, "linked"));
    const linked = () => discover({ paths: ["linked"], cwd: room.directory });
    const plugins = await registry({ find: linked });
    await made(plugins);
    await writeTagged("two");
    const edition = await plugins.renew("p");
    expect((await made(edition)).tag).toBe("two");
  });

  it("reads its manifest anew: version and settings", async () => {
    await writeTagged("one");
    const plugins = await registry();
    await plugins.load("p");
    const settings = { type: "object", required: ["pace"], properties: { pace: { type: "number" } } };
    await writeTagged("two", { settings });
    const edition = await plugins.renew("p");
    await expect(edition.create("p", SETTINGS)).rejects.toThrow("providers.mine.settings.pace: It is required.");
    expect(plugins.get("p").settings).toBeUndefined();
    edition.take();
    expect(plugins.get("p").settings).toEqual(settings);
  });

  it.each([
    [
      "throws on import",
      () => room.write({ "plugins/p/lib/tag.js": "throw new Error('broken'); export const tag = 1;" }),
      "Error: broken. The",
    ],
    ["speaks another api", () => writeTagged("two", { api: 9 }), "It speaks plugin api 9; this gateway accepts 1."],
    ["is gone", () => rm(join(room.directory, "plugins/p"), { recursive: true }), "Its package is not there any more."],
  ])("stays as it was when the new one %s, and says why", async (_what, spoil, reason) => {
    await writeTagged("one");
    const plugins = await registry();
    const before = await made(plugins);
    await spoil();
    await expect(plugins.renew("p")).rejects.toMatchObject({
      code: "provider_unavailable",
      message: expect.stringContaining(reason),
    });
    const status = plugins.get("p");
    expect(status).toMatchObject({ state: "ready", version: "1.2.3" });
    expect(status.reason).toContain(reason);
    expect(status.reason).toMatch(/The code before it \(version 1\.2\.3\) stays in use\.$/);
    expect((await made(plugins)).tag).toBe(before.tag);
  });

  it("is usable again after its import failed", async () => {
    await writeTagged("one");
    await room.write({ "plugins/p/lib/tag.js": "throw new Error('broken'); export const tag = 1;" });
    const plugins = await registry();
    await expect(made(plugins)).rejects.toThrow("broken");
    expect(plugins.get("p").state).toBe("failed");
    await writeTagged("two");
    (await plugins.renew("p")).take();
    expect(plugins.get("p")).toMatchObject({ state: "ready" });
    expect(plugins.get("p")).not.toHaveProperty("reason");
    expect((await made(plugins)).tag).toBe("two");
  });

  it("may be one that was not there before, if it is allowed", async () => {
    const plugins = await registry({ allow: ["p"] });
    await writeTagged("one");
    await room.plugin("plugins/q", {}, "throw new Error('must not run');");
    (await plugins.renew("p")).take();
    expect((await made(plugins)).tag).toBe("one");
    await expect(plugins.renew("q")).rejects.toThrow("plugins.allow");
    await expect(plugins.renew("pp")).rejects.toMatchObject({ code: "not_found", facts: { suggestions: ["p"] } });
  });
});

describe("an operator's word", () => {
  it("disables a plugin and enables it, over what the configuration says", async () => {
    await writeTagged("one");
    const plugins = await registry({ disable: ["p"] });
    expect(plugins.get("p")).toMatchObject({ state: "discovered", reason: expect.stringContaining("plugins.disable") });
    await expect(made(plugins)).rejects.toMatchObject({ code: "provider_unavailable" });
    await expect(plugins.renew("p")).rejects.toThrow("plugins.disable");
    plugins.enable("p", true);
    expect(plugins.refusal("p")).toBeUndefined();
    await made(plugins);
    plugins.enable("p", false);
    expect(plugins.refusal("p")?.message).toBe(
      'The plugin "p" cannot be used. It was disabled by an operator. Enable it to use it.',
    );
    expect(plugins.get("p").state).toBe("discovered");
    plugins.enable("p", true);
    expect(plugins.get("p").state).toBe("ready");
  });

  it("unloads a plugin until it is renewed, which runs its code anew", async () => {
    await writeTagged("one");
    const plugins = await registry();
    await made(plugins);
    plugins.unload("p");
    expect(plugins.get("p")).toMatchObject({ state: "discovered", unloaded: true, loadedAt: undefined });
    await expect(made(plugins)).rejects.toThrow("It was unloaded by an operator. Load it to use it.");
    await writeTagged("two");
    (await plugins.renew("p")).take();
    expect(plugins.get("p")).toMatchObject({ state: "ready", unloaded: false });
    expect((await made(plugins)).tag).toBe("two");
  });

  it("that unloads while the code is imported is not undone by the import", async () => {
    await writeTagged("one");
    const plugins = await registry();
    const loading = plugins.load("p");
    plugins.unload("p");
    await loading;
    expect(plugins.get("p")).toMatchObject({ state: "discovered", loadedAt: undefined });
  });

  it("that disables an unloaded plugin keeps its code from running", async () => {
    await writeTagged("one");
    const plugins = await registry();
    plugins.unload("p");
    plugins.enable("p", false);
    await expect(plugins.renew("p")).rejects.toThrow("It was disabled by an operator.");
  });
});

describe("a registry that takes another's place", () => {
  it("keeps the code, the state and the operator's word of a package that is as it was", async () => {
    await writeTagged("one");
    await room.plugin("plugins/off");
    const before = await registry();
    const { shared } = await made(before);
    before.enable("off", false);
    await writeTagged("two");
    time = 2000;
    const after = await registry({ previous: before });
    expect(after.get("p")).toEqual(before.get("p"));
    expect(after.get("p")).toMatchObject({ state: "ready", since: 1000, loadedAt: 1000 });
    expect(after.get("off").state).toBe("discovered");
    const provider = await made(after);
    expect([provider.tag, provider.shared]).toEqual(["one", shared]);
  });

  it("imports anew what has another version or manifest, and leaves the old code to the old registry", async () => {
    await writeTagged("one");
    const before = await registry();
    await made(before);
    await writeTagged("two", { capabilities: ["complete", "embed"] });
    const after = await registry({ previous: before });
    expect(after.get("p").state).toBe("validated");
    expect((await made(after)).tag).toBe("two");
    expect((await made(before)).tag).toBe("one");
  });

  it("lets the configuration win where it says something else than before", async () => {
    await writeTagged("one");
    const before = await registry({ disable: ["p"] });
    before.enable("p", true);
    const same = await registry({ previous: before, disable: ["p"] });
    expect(same.get("p").state).toBe("validated");
    const other = await registry({ previous: same });
    other.enable("p", false);
    expect(other.get("p").state).toBe("discovered");
    const again = await registry({ previous: other, disable: ["p"] });
    expect(again.get("p").reason).toContain("plugins.disable");
    const freed = await registry({ previous: again });
    expect(freed.get("p").state).toBe("validated");
  });
});

it("every change of a state is told once, also by registries that come after", async () => {
  await writeTagged("one");
  const told: string[] = [];
  const tell = ({ before, now }: StateChange): void => void told.push(`${before.state} > ${now.state}`);
  const first = await registry();
  first.onChange(tell);
  await made(first);
  await made(first);
  first.enable("p", false);
  const second = await registry({ previous: first });
  second.onChange(tell);
  second.enable("p", true);
  second.enable("p", true);
  second.unload("p");
  (await second.renew("p")).take();
  expect(told).toEqual([
    "validated > ready",
    "ready > discovered",
    "discovered > ready",
    "ready > discovered",
    "discovered > ready",
  ]);
});
