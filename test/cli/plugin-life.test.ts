import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { buildProgram, type Ended, runProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type ReloadablePlugin, reloadablePlugin } from "../support/reloadable-plugin.js";

const KEY = "sesame-open-0123456789";
const SCRIPT = { text: "A word or two", finish: "stop", inputTokens: 1, outputTokens: 1 } as const;

let upstream: TestUpstream;
let folder: string;
let plugin: ReloadablePlugin;
let serving: Serving;
beforeAll(async () => {
  buildProgram();
  upstream = await startUpstream();
}, 120_000);
afterAll(() => upstream.close());
beforeEach(() => {
  upstream.behave(answerJson(openAiAnswer(SCRIPT)));
  upstream.seen.length = 0;
  folder = mkdtempSync(join(tmpdir(), "parlance-plugins-"));
  plugin = reloadablePlugin(folder, "mine", upstream.url);
  plugin.write("1.0.0", "one");
});
afterEach(async () => {
  await serving.remove();
  rmSync(folder, { recursive: true });
});

const config = (more = `admin: { key: ${KEY} }`): string => `plugins: { paths: [ ${JSON.stringify(folder)} ] }
providers: { mine: {}, sim: { plugin: simulator } }
models: { both: { targets: [ { provider: mine, model: x }, { provider: sim, model: echo, priority: 1 } ] } }
${more}
`;

async function start(more?: string, environment = {}): Promise<void> {
  serving = await startServing(config(more), [], environment);
}

function parlance(words: string, environment: Record<string, string> = { PARLANCE_ADMIN_KEY: KEY }): Promise<Ended> {
  return runProgram(["plugin", ...words.split(" "), "--url", serving.url], { cwd: serving.cwd, environment });
}

async function well(words: string): Promise<string> {
  const { code, out, error } = await parlance(words);
  expect({ code, error }).toEqual({ code: 0, error: "" });
  return out;
}

function ask(model: string, more = {}): Promise<Response> {
  return fetch(`${serving.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], ...more }),
  });
}

/** Asks, and gives the edition of the plugin that carried the question. */
async function editionOf(model = "mine/x"): Promise<unknown> {
  const response = await ask(model);
  expect(response.status).toBe(200);
  await response.text();
  return upstream.seen.at(-1)?.headers["x-edition"];
}

/** Has the upstream answer with a stream of which it holds the second half back. */
function holdStream(): { held: Promise<ServerResponse>; rest: string } {
  const whole = openAiStream({ ...SCRIPT, text: "one two three four five six" });
  const half = whole.indexOf("\n\n", whole.length / 2) + 2;
  let hold: (response: ServerResponse) => void;
  const held = new Promise<ServerResponse>((resolve) => {
    hold = resolve;
  });
  upstream.behave((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(whole.slice(0, half));
    hold(response);
  });
  return { held, rest: whole.slice(half) };
}

describe("a plugin that is configured", () => {
  it("has run no code while nobody calls it, and is listed by what its manifest says", async () => {
    await start();
    expect(await well("list")).toMatch(/^mine +1\.0\.0 +validated +mine$/m);
    expect(await well("info mine")).toMatch(/^capabilities +complete$/m);
    expect((await ask("sim/echo")).status).toBe(200);
    expect(plugin.deeds()).toEqual([]);
    await ask("mine/x");
    expect(plugin.deeds()).toEqual(["import one", "create one"]);
    expect(await well("list")).toMatch(/^mine +1\.0\.0 +ready +mine$/m);
  });
});

describe("a plugin that is reloaded", () => {
  it("ends its running stream on the old code, answers the next request with the new, and closes the old at last", async () => {
    await start();
    const { held, rest } = holdStream();
    const streamed = await ask("mine/x", { stream: true });
    const old = await held;
    plugin.write("2.0.0", "two");
    expect(await well("reload mine")).toBe("mine: ready, version 2.0.0.\n");
    upstream.behave(answerJson(openAiAnswer(SCRIPT)));
    expect(await editionOf()).toBe("two");
    expect(plugin.deeds()).toEqual(["import one", "create one", "import two", "create two"]);
    old.end(rest);
    const text = await streamed.text();
    expect(text).toContain('"finish_reason":"stop"');
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(upstream.seen.map(({ headers }) => headers["x-edition"])).toEqual(["one", "two"]);
    await expect.poll(() => plugin.deeds().at(-1)).toBe("close one");
    expect(await editionOf()).toBe("two");
  });

  it("stays as it was where the new code throws, does not take the settings, or is of another api; and says so", async () => {
    await start();
    expect(await editionOf()).toBe("one");
    for (const [spoil, reason] of [
      [() => plugin.spoil(), "TypeError: no such thing"],
      [
        () => plugin.write("2.0.0", "two", { settings: { type: "object", required: ["region"] } }),
        "providers.mine.settings.region: It is required.",
      ],
      [
        () => plugin.write("3.0.0", "three", { api: 2 }),
        "It speaks plugin api 2; this gateway accepts 1. Update the gateway",
      ],
    ] as const) {
      spoil();
      const { code, out, error } = await parlance("reload mine");
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(error).toContain(reason);
      expect(error).toContain("The code before it (version 1.0.0) stays in use.");
      expect(await editionOf()).toBe("one");
      expect(await well("list")).toMatch(/^mine +1\.0\.0 +ready +mine +It could not be loaded anew/m);
    }
    plugin.write("4.0.0", "four");
    await well("reload mine");
    expect(await editionOf()).toBe("four");
    expect(await well("list")).toMatch(/^mine +4\.0\.0 +ready +mine$/m);
  });
});

describe("a plugin that is disabled", () => {
  it("is skipped where a model has another target, refused with its name where not, and comes back", async () => {
    await start();
    const { held, rest } = holdStream();
    const streamed = await ask("mine/x", { stream: true });
    const running = await held;
    expect(await well("disable mine")).toContain("mine: discovered, version 1.0.0. It was disabled by an operator.");
    const other = await ask("both");
    expect(other.headers.get("x-parlance-provider")).toBe("sim");
    expect(other.headers.get("x-parlance-attempts")).toBe("2");
    const refused = await ask("mine/x");
    expect(refused.status).toBe(502);
    expect(await refused.json()).toMatchObject({
      error: {
        code: "provider_unavailable",
        message: 'The plugin "mine" cannot be used. It was disabled by an operator. Enable it to use it.',
      },
    });
    running.end(rest);
    expect(await streamed.text()).toContain("[DONE]");
    await expect.poll(() => plugin.deeds().at(-1)).toBe("close one");
    expect((await parlance("reload mine")).error).toContain("It was disabled by an operator.");
    await well("enable mine");
    upstream.behave(answerJson(openAiAnswer(SCRIPT)));
    expect(await editionOf("both")).toBe("one");
    expect(plugin.deeds().filter((deed) => deed.startsWith("import"))).toEqual(["import one"]);
  });

  it("is so from the start where the configuration says it, until an operator enables it", async () => {
    await start(`admin: { key: ${KEY} }`);
    writeFileSync(join(serving.cwd, "parlance.yaml"), config().replace("plugins: {", "plugins: { disable: [ mine ],"));
    await serving.said("out", /"msg":"configuration applied"/);
    expect((await ask("mine/x")).status).toBe(502);
    expect(await well("list")).toMatch(/^mine .*discovered +mine +It is disabled in the list "plugins\.disable"\.$/m);
    await well("enable mine");
    expect(await editionOf()).toBe("one");
  });
});

it("a plugin that is unloaded is closed, and runs anew once it is loaded; one that is new is found without a restart", async () => {
  await start();
  expect(await editionOf()).toBe("one");
  await well("unload mine");
  await expect.poll(() => plugin.deeds().at(-1)).toBe("close one");
  expect((await ask("mine/x")).status).toBe(502);
  plugin.write("2.0.0", "two");
  expect(await well("load mine")).toBe("mine: ready, version 2.0.0.\n");
  expect(await editionOf()).toBe("two");
  reloadablePlugin(folder, "later", upstream.url).write("1.0.0", "later");
  expect((await parlance("info later")).error).toContain('There is no plugin "later".');
  expect(await well("load later")).toBe("later: ready, version 1.0.0.\n");
  writeFileSync(join(serving.cwd, "parlance.yaml"), config().replace("mine: {}", "mine: {}, later: {}"));
  await serving.said("out", /"msg":"configuration applied"/);
  expect(await editionOf("later/x")).toBe("later");
});

it("another configuration leaves the plugins' states as they are, and a new admin key is in force at once", async () => {
  await start();
  await editionOf();
  await well("disable simulator");
  plugin.write("1.0.0", "two");
  writeFileSync(
    join(serving.cwd, "parlance.yaml"),
    config("admin: { key: another-key-987654321 }\nlog: { level: debug }"),
  );
  await serving.said("out", /"msg":"configuration applied"/);
  expect((await parlance("list")).error).toContain("This is not the admin key of the gateway.");
  const { code, out } = await parlance("list", { PARLANCE_ADMIN_KEY: "another-key-987654321" });
  expect(code).toBe(0);
  expect(out).toMatch(/^simulator .*discovered +sim +It was disabled by an operator/m);
  expect(out).toMatch(/^mine +1\.0\.0 +ready/m);
  expect(await editionOf()).toBe("one");
});

describe("the admin key", () => {
  it("may be in the environment of both, or in a file; it is in no log and no error", async () => {
    await start("", { PARLANCE_ADMIN_KEY: KEY });
    writeFileSync(join(serving.cwd, "key"), `${KEY}\n`);
    expect((await parlance("list --admin-key-file key", {})).code).toBe(0);
    expect((await parlance("disable mine --admin-key-file key", {})).code).toBe(0);
    const without = await parlance("enable mine", {});
    expect(without.code).toBe(1);
    expect(without.error).toContain(
      "None was given: name a file that holds it with --admin-key-file, or set PARLANCE_ADMIN_KEY.",
    );
    const wrong = await parlance("enable mine", { PARLANCE_ADMIN_KEY: `${KEY}x` });
    expect(wrong.error).toContain("This is not the admin key of the gateway.");
    const missing = await parlance("list --admin-key-file nowhere", {});
    expect(missing.error).toContain("The admin key cannot be read: ENOENT");
    const said =
      [without, wrong, missing].map(({ error, out }) => error + out).join("") + serving.out() + serving.error();
    expect(said).not.toContain(KEY);
  });

  it("is set before anything can be changed", async () => {
    await start("");
    expect((await parlance("list", {})).code).toBe(0);
    const { code, error } = await parlance("disable mine", {});
    expect(code).toBe(1);
    expect(error).toContain("No admin key is set, so nothing can be changed. Set admin.key in the configuration");
    expect(error).not.toContain("was given");
  });

  it("never goes up to a provider, whatever a client does with it", async () => {
    await start();
    await fetch(`${serving.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, "x-api-key": KEY },
      body: JSON.stringify({ model: "mine/x", messages: [{ role: "user", content: "Hi" }] }),
    });
    expect(upstream.seen).toHaveLength(1);
    expect(JSON.stringify(upstream.seen[0]?.headers)).not.toContain(KEY);
  });
});

it("one log line tells each change of a plugin's state", async () => {
  await start(`admin: { key: ${KEY} }\nlog: { level: debug }`);
  await editionOf();
  await well("disable mine");
  await well("enable mine");
  plugin.write("2.0.0", "two");
  await well("reload mine");
  await serving.said("out", /"previous_version":"1\.0\.0"[^]*\n$/);
  const lines = serving.records().filter(({ msg, plugin: name }) => msg === "plugin state" && name === "mine");
  expect(lines.map(({ previous_state, state, version }) => [previous_state, state, version])).toEqual([
    ["validated", "ready", "1.0.0"],
    ["ready", "discovered", "1.0.0"],
    ["discovered", "ready", "1.0.0"],
    ["ready", "ready", "2.0.0"],
  ]);
});
