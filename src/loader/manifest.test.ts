import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readManifest } from "./manifest.js";
import { type ThrowAway, throwAway } from "../../test/support/throw-away-packages.js";

let room: ThrowAway;
beforeEach(async () => {
  room = await throwAway();
});
afterEach(() => room.remove());

const problemsOf = async (parlance: Record<string, unknown>): Promise<readonly string[]> => {
  const found = await readManifest(await room.plugin("subject", parlance));
  expect(found?.manifest).toBeUndefined();
  return found?.problems ?? [];
};

describe("a manifest", () => {
  it("is read whole, with an absolute entry", async () => {
    const directory = await room.plugin("good", {
      capabilities: ["complete", "embed", "count_tokens"],
      settings: { type: "object", properties: { a: { type: "string" } } },
      environment: { api_key: "GOOD_API_KEY", base_url: "GOOD_BASE_URL" },
    });
    const found = await readManifest(directory);
    expect(found).toMatchObject({ name: "good", version: "1.2.3", directory, problems: [] });
    expect(found?.manifest).toMatchObject({
      kind: "provider",
      api: 1,
      capabilities: ["complete", "embed", "count_tokens"],
      environment: { apiKey: "GOOD_API_KEY", baseUrl: "GOOD_BASE_URL" },
    });
    expect(found?.manifest?.entry?.endsWith(join("good", "index.js"))).toBe(true);
  });

  it.each([
    ["@parlance/plugin-openai", "openai"],
    ["@acme/parlance-plugin-big-model", "big-model"],
    ["parlance-plugin-x", "x"],
    ["@acme/thing", "thing"],
    ["plugin-", "plugin-"],
  ])("of the package %s names the plugin %s", async (pack, name) => {
    await room.write({
      "p/package.json": { name: pack, parlance: { kind: "provider", api: 1, entry: "i.js", capabilities: ["embed"] } },
      "p/i.js": "",
    });
    expect(await readManifest(join(room.directory, "p"))).toMatchObject({ name, problems: [] });
  });

  it("may name the plugin itself", async () => {
    expect(await readManifest(await room.plugin("p", { name: "other" }))).toMatchObject({
      name: "other",
      problems: [],
    });
  });

  it("may name several variables for a key, an address or a setting, each of them a name", async () => {
    const settings = { type: "object", properties: { region: { type: "string" } } };
    const environment = {
      api_key: ["FIRST_KEY", "SECOND_KEY"],
      base_url: ["ONE_URL", "TWO_URL"],
      settings: { region: ["ONE_REGION", "TWO_REGION"] },
    };
    const found = await readManifest(await room.plugin("several", { settings, environment }));
    expect(found?.manifest?.environment).toEqual({
      apiKey: environment.api_key,
      baseUrl: environment.base_url,
      settings: environment.settings,
    });
    for (const faulty of [
      { api_key: ["FIRST_KEY", "NOT A NAME"] },
      { base_url: [] },
      { settings: "ONE_REGION" },
      { settings: { region: 1 } },
      { settings: { regoin: "ONE_REGION" } },
    ]) {
      expect(await problemsOf({ settings, environment: faulty }), JSON.stringify(faulty)).toHaveLength(1);
    }
  });

  it("may say whose models these are in the catalogue", async () => {
    const found = await readManifest(await room.plugin("borrowed", { catalog: "vendor" }));
    expect(found?.manifest?.catalog).toEqual(["vendor"]);
    const both = await readManifest(await room.plugin("several", { catalog: ["one", "other"] }));
    expect(both?.manifest?.catalog).toEqual(["one", "other"]);
    expect(await problemsOf({ catalog: "" })).toHaveLength(1);
    expect(await problemsOf({ catalog: [1] })).toHaveLength(1);
  });

  it("may say that a key is optional, and which port a bare host means", async () => {
    const environment = { base_url: "A_HOST", port: 4321, key_optional: true };
    const found = await readManifest(await room.plugin("local", { environment }));
    expect(found?.manifest?.environment).toMatchObject({ baseUrl: "A_HOST", port: 4321, keyOptional: true });
    expect(await problemsOf({ environment: { port: 70_000, key_optional: "yes" } })).toHaveLength(2);
  });

  it("is absent from a package without the field and from a directory without a package", async () => {
    await room.write({ "p/package.json": { name: "p" } });
    expect(await readManifest(join(room.directory, "p"))).toBeUndefined();
    expect(await readManifest(join(room.directory, "nowhere"))).toBeUndefined();
  });

  it("gathers every problem", async () => {
    const problems = await problemsOf({
      kind: "guardrail",
      api: 1,
      entry: "./gone.js",
      capabilities: ["fly"],
      environment: { token: "X", api_key: "NOT A NAME" },
      extra: true,
      name: "Bad Name",
    });
    expect(problems).toHaveLength(7);
    for (const word of [
      "guardrail",
      "gone.js",
      "fly",
      "environment.token",
      "NOT A NAME",
      "parlance.extra",
      "Bad Name",
    ]) {
      expect(problems.join("\n")).toContain(word);
    }
  });

  it("of a newer api says what was found, what is accepted and what to do", async () => {
    const [problem] = await problemsOf({ api: 2 });
    expect(problem).toBe(
      "It speaks plugin api 2; this gateway accepts 1. Update the gateway, or install an older version of the plugin.",
    );
  });

  it("of an older api asks for a newer plugin", async () => {
    expect(await problemsOf({ api: 0 })).toEqual([
      "It speaks plugin api 0; this gateway accepts 1. Install a newer version of the plugin.",
    ]);
  });

  it.each([["1"], [1.5], [undefined]])("with the api %s is told that it must be a number", async (api) => {
    expect((await problemsOf({ api }))[0]).toContain("must be the number of the plugin contract");
  });

  it.each([
    "../other/index.js",
    "/etc/hostname",
    "https://example.com/index.js",
    "data:text/javascript,export default {}",
    "file:///etc/hostname",
    ".",
    "..",
  ])("with the entry %s is refused: it must stay inside the package", async (entry) => {
    await room.plugin("other");
    expect(await problemsOf({ entry })).toEqual([
      `"parlance.entry" is ${JSON.stringify(entry)}; it must stay inside the package.`,
    ]);
  });

  it("with an entry that links out of the package is refused", async () => {
    await room.write({ "outside.js": "export default {}" });
    const directory = await room.plugin("subject", { entry: "./link.js" });
    await symlink(join(room.directory, "outside.js"), join(directory, "link.js"));
    expect((await readManifest(directory))?.problems).toEqual([
      '"parlance.entry" is "./link.js", a link that leads out of the package.',
    ]);
  });

  it("with a settings schema that cannot be compiled is refused", async () => {
    expect((await problemsOf({ settings: { type: "teapot" } }))[0]).toContain("not a usable JSON schema");
  });

  it("in a package.json that is not JSON is a problem, not a crash", async () => {
    await room.write({ "plugin-broken/package.json": "{ nope" });
    const found = await readManifest(join(room.directory, "plugin-broken"));
    expect(found).toMatchObject({ name: "broken", version: "" });
    expect(found?.problems[0]).toContain("not JSON");
  });
});
