import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ParlanceError, type ProviderSettings } from "../sdk/index.js";
import { type ThrowAway, throwAway } from "../../test/support/throw-away-packages.js";
import { discover } from "./discover.js";
import { createRegistry } from "./registry.js";
import { readPlugins } from "./rows.js";

const ROW = {
  name: "acme",
  title: "Acme",
  docs: "https://acme.example/docs",
  base_url: "https://{region}.acme.example/v1",
  api_key: "ACME_API_KEY",
  settings: { region: { description: "Where.", pattern: "^[a-z]+$", environment: "ACME_REGION" } },
  chat: { dialect: "openai-chat", path: "/chat/completions" },
  other_chats: [{ dialect: "anthropic-messages", path: "/messages", token_count_path: "/messages/count" }],
  embeddings: { dialect: "embeddings", path: "/embeddings" },
  quirks: [
    { traits: { max_tokens_field: "max_tokens", refuses: ["n"] }, source: "https://acme.example/docs" },
    { models: "think-*", traits: { sampling: "fixed", refuses: ["stop"] }, source: "https://acme.example/think" },
  ],
};

let room: ThrowAway;
beforeEach(async () => {
  room = await throwAway();
});
afterEach(() => room.remove());

async function packed(rows: unknown, parlance: object = {}): Promise<string> {
  await room.write({
    "list/package.json": {
      name: "acme-rows",
      version: "3.2.1",
      parlance: { kind: "providers", api: 1, rows: "./rows.json", ...parlance },
    },
    "list/rows.json": rows,
  });
  return join(room.directory, "list");
}

const settingsOf = (settings: Partial<ProviderSettings> = {}): ProviderSettings => ({
  name: "mine",
  settings: { region: "eu" },
  ...settings,
});

describe("a package of rows", () => {
  it("is one plugin for each row, usable by name", async () => {
    const directory = await packed([ROW, { ...ROW, name: "beta" }]);
    const plugins = createRegistry(await discover({ paths: [directory] }));
    expect(plugins.list().map(({ name, version, state }) => [name, version, state])).toEqual([
      ["acme", "3.2.1", "validated"],
      ["beta", "3.2.1", "validated"],
    ]);
    const { wire, traits } = await plugins.create("acme", settingsOf({ apiKey: "k" }));
    expect(wire).toMatchObject({
      baseUrl: "https://eu.acme.example/v1",
      headers: { authorization: "Bearer k" },
      chat: { dialect: "openai-chat", path: "/chat/completions" },
      otherChats: [{ dialect: "anthropic-messages", path: "/messages", tokenCountPath: "/messages/count" }],
    });
    expect(traits?.("plain")).toEqual({ maxTokensField: "max_tokens", refuses: ["n"] });
    expect(traits?.("Think-2")).toEqual({ maxTokensField: "max_tokens", sampling: "fixed", refuses: ["n", "stop"] });
    expect(plugins.get("acme").state).toBe("ready");
  });

  it("tells which variables hold a key and a setting, and that a server of one's own is had by name only", async () => {
    const local = { ...ROW, name: "own", base_url: "http://127.0.0.1:8000/v1", settings: undefined };
    const [acme, own] = await readPlugins(await packed([ROW, local]));
    expect(acme?.manifest).toMatchObject({
      environment: { apiKey: "ACME_API_KEY", settings: { region: "ACME_REGION" } },
      onlyByName: false,
      capabilities: ["complete", "embed"],
    });
    expect(own?.manifest?.onlyByName).toBe(true);
  });

  it("has a row by its other names too, which a variable that is set gives nobody unasked", async () => {
    const found = await readPlugins(await packed([{ ...ROW, aliases: ["acme-ai", "akme"] }]));
    expect(found.map(({ name, manifest }) => [name, manifest?.onlyByName, manifest?.catalog])).toEqual([
      ["acme", false, []],
      ["acme-ai", true, ["acme"]],
      ["akme", true, ["acme"]],
    ]);
    const { wire } = await createRegistry(found).create("akme", settingsOf({ apiKey: "k" }));
    expect(wire).toMatchObject({ baseUrl: "https://eu.acme.example/v1", headers: { authorization: "Bearer k" } });
  });

  it("gives nobody unasked what says so", async () => {
    const [only] = await readPlugins(await packed([{ ...ROW, only_by_name: true }]));
    expect(only?.manifest?.onlyByName).toBe(true);
  });

  it("takes an address of the operator's, and a header of the row's for the key", async () => {
    const directory = await packed([{ ...ROW, api_key_header: "x-key" }]);
    const plugins = createRegistry(await discover({ paths: [directory] }));
    const { wire } = await plugins.create(
      "acme",
      settingsOf({ apiKey: "k", baseUrl: "http://proxy.example", settings: {} }),
    );
    expect(wire).toMatchObject({ baseUrl: "http://proxy.example", headers: { "x-key": "k" } });
  });

  it.each<[string, Partial<ProviderSettings>, string]>([
    ["a missing part of the address", { settings: {} }, "providers.mine.settings.region"],
    ["a setting that nobody knows", { settings: { region: "eu", zone: "a" } }, "providers.mine.settings.zone"],
    ["a part of the address of the wrong form", { settings: { region: "E/U" } }, "providers.mine.settings.region"],
    ["a key that no header can carry", { apiKey: "a\nb" }, "providers.mine.api_key"],
  ])("refuses %s by its name", async (_what, settings, field) => {
    const plugins = createRegistry(await discover({ paths: [await packed([ROW])] }));
    const failure = await plugins.create("acme", settingsOf(settings)).catch((error: unknown) => error);
    expect(ParlanceError.is(failure)).toBe(true);
    expect(failure).toMatchObject({ code: "invalid_request", facts: { field } });
  });

  it.each<[string, object, string]>([
    ["a member that nobody knows", { base: "x" }, 'The row acme: "base" is not known. Did you mean "base_url"?'],
    [
      "a trait that nobody knows",
      { quirks: [{ traits: { sampler: "fixed" }, source: "https://a.example" }] },
      "sampler",
    ],
    ["a quirk without its source", { quirks: [{ traits: { sampling: "fixed" } }] }, 'lacks "quirks[0].source"'],
    [
      "a dialect that nobody knows",
      { chat: { dialect: "openai-chatt", path: "/chat" } },
      '"chat.dialect" must be one of openai-chat, ',
    ],
    ["an address with a slash at its end", { base_url: "https://acme.example/" }, '"base_url"'],
  ])("tells of %s, and has the other rows work", async (_what, change, told) => {
    const [faulty, good] = await readPlugins(
      await packed([
        { ...ROW, ...change },
        { ...ROW, name: "good" },
      ]),
    );
    expect(faulty?.manifest).toBeUndefined();
    expect(faulty?.problems.join(" ")).toContain(told);
    expect(good?.problems).toEqual([]);
  });

  it.each<[string, unknown, object, string]>([
    ["no list", {}, {}, "must be a list of rows"],
    ["no JSON", "[", {}, "cannot be read"],
    ["a file outside of the package", [ROW], { rows: "../rows.json" }, '"parlance.rows" must be the path'],
    ["another version of the contract", [ROW], { api: 2 }, "plugin api 2"],
    ["members of a plugin", [ROW], { entry: "./x.js" }, '"parlance.entry" is not known'],
  ])("is told as one faulty plugin where it has %s", async (_what, rows, parlance, told) => {
    const [only, ...others] = await readPlugins(await packed(rows, parlance));
    expect(others).toEqual([]);
    expect(only?.problems.join(" ")).toContain(told);
  });
});
