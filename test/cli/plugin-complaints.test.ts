import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAiAnswer } from "../kits/openai-wire.js";
import { buildProgram, type Ended, runProgram } from "../kits/program.js";
import { type Serving, startServing } from "../kits/serving.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { reloadablePlugin } from "../support/reloadable-plugin.js";
import { GOOD_CODE, type ThrowAway, throwAway } from "../support/throw-away-packages.js";

/**
 * What users of other plugin systems complain of, each a test here. The complaints are public: the names in brackets are
 * the threads.
 * @module
 */

const KEY = "sesame-open-0123456789";
const FROZEN = fileURLToPath(new URL("../fixtures/plugin-api-1", import.meta.url));

let room: ThrowAway;
let serving: Serving | undefined;
beforeAll(buildProgram, 120_000);
beforeEach(async () => {
  room = await throwAway();
});
afterEach(async () => {
  await serving?.remove();
  serving = undefined;
  await room.remove();
});

const yaml = (providers: string, more = ""): string =>
  `plugins: { paths: [ ${JSON.stringify(join(room.directory, "plugins"))} ] }\nproviders: { sim: { plugin: simulator }, ${providers} }\nadmin: { key: ${KEY} }\n${more}`;

function parlance(words: string, environment: Record<string, string> = {}): Promise<Ended> {
  return runProgram(words.split(" "), { cwd: serving?.cwd ?? room.directory, environment });
}

async function ask(model: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${serving?.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
  });
  return { status: response.status, text: await response.text() };
}

describe("one import error bricks the command line (simonw/llm#875), or rejects the whole listener (higress-group/higress#4233): not here", () => {
  it.each([
    ["throws", "throw new TypeError('no such thing');", "TypeError: no such thing"],
    ["misses a package", 'import "not-installed";\nexport default {};', "not-installed"],
    ["is no JavaScript", "export default {", "SyntaxError"],
    ["exports no plugin", "export default 1;", "no function `create`"],
  ])("a plugin that %s fails alone, and says why", async (_what, code, reason) => {
    await room.plugin("plugins/bad", {}, code);
    await room.write({ "parlance.yaml": yaml("bad: {}") });
    expect(await parlance("plugin list")).toMatchObject({
      code: 0,
      error: "",
      out: expect.stringMatching(/^bad .*validated/m),
    });
    expect(await parlance("config check")).toMatchObject({ code: 0 });
    serving = await startServing(yaml("bad: {}"));
    expect((await ask("sim/echo")).status).toBe(200);
    const failed = await ask("bad/x");
    expect(failed.status).toBe(502);
    expect(failed.text).toContain(reason);
    expect((await ask("sim/echo")).status).toBe(200);
    expect((await fetch(`${serving.url}/ready`)).status).toBe(200);
    expect((await fetch(`${serving.url}/v1/models`)).status).toBe(200);
    const listed = await parlance(`plugin list --url ${serving.url}`, { PARLANCE_ADMIN_KEY: KEY });
    expect(listed.out).toMatch(/^bad .*failed +bad +It/m);
    expect(listed.out).toMatch(/^simulator .*ready +sim$/m);
  });

  it("a manifest that cannot be used is told in the list, and hides no other plugin", async () => {
    await room.plugin("plugins/other-api", { api: 7 });
    await room.write({ "plugins/torn/package.json": "{" });
    await room.write({ "parlance.yaml": yaml("") });
    const { code, out } = await parlance("plugin list");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^other-api +1\.2\.3 +failed +It speaks plugin api 7; this gateway accepts 1\. Update the gateway/m,
    );
    expect(out).toMatch(/^torn +failed +Its package\.json is not JSON/m);
    expect(out).toMatch(/^simulator .*validated +sim$/m);
    const json = JSON.parse((await parlance("plugin list --json")).out) as { name: string; state: string }[];
    expect(json.find(({ name }) => name === "torn")).toMatchObject({ state: "PLUGIN_STATE_FAILED" });
  });

  it("a faulty configuration is told beside the list, and does not take its place", async () => {
    await room.write({ "parlance.yaml": "providers: { simulator: {} }\nzzz: 1\n" });
    const { code, out, error } = await parlance("plugin list");
    expect(code).toBe(0);
    expect(out).toMatch(/^simulator /m);
    expect(error).toContain("parlance.yaml:2:1 zzz: is not a setting.");
  });
});

describe("code was loaded from an address or a path that a request brought, unauthenticated too (maximhq/bifrost#5763): not here", () => {
  let server: Server;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      response.end(GOOD_CODE);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void server.close());

  it("no address is ever asked for code, whoever names it and wherever", async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/plugin.js`;
    await room.plugin("plugins/remote", { entry: url });
    serving = await startServing(yaml("remote: {}").replace("paths: [", `paths: [ ${JSON.stringify(url)},`));
    const post = async (name: string): Promise<number> => {
      const path = `/admin/v1/plugins/${encodeURIComponent(name)}:load`;
      const response = await fetch(`${serving?.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}` },
      });
      return response.status;
    };
    expect(await post(url)).toBe(400);
    expect(await post("remote")).toBe(502);
    expect((await ask("remote/x")).text).toContain("it must stay inside the package");
    expect(asked).toBe(0);
  });

  it("nothing is loaded for who does not have the admin key, and the refused code has not run", async () => {
    const late = reloadablePlugin(join(room.directory, "plugins"), "late", "http://127.0.0.1:9");
    serving = await startServing(yaml(""));
    late.write("1.0.0", "one");
    for (const headers of [{}, { authorization: "Bearer wrong" }] as Record<string, string>[]) {
      const { status } = await fetch(`${serving.url}/admin/v1/plugins/late:load`, { method: "POST", headers });
      expect(status).toBe(401);
    }
    expect(late.deeds()).toEqual([]);
  });

  it("what is not on the allow-list does not run, for an operator either", async () => {
    const other = reloadablePlugin(join(room.directory, "plugins"), "other", "http://127.0.0.1:9");
    other.write("1.0.0", "one");
    serving = await startServing(yaml("").replace("plugins: {", "plugins: { allow: [ simulator ],"));
    for (const verb of ["load", "reload", "enable"]) {
      const { code, error } = await parlance(`plugin ${verb} other --url ${serving.url}`, { PARLANCE_ADMIN_KEY: KEY });
      if (verb !== "enable")
        expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining("plugins.allow") });
    }
    expect(other.deeds()).toEqual([]);
    expect((await ask("sim/echo")).status).toBe(200);
  });
});

describe("an update of the host breaks every plugin (simonw/llm#327, stakwork/stakgraph#1423): not here", () => {
  it("a plugin of api 1 as it was first specified loads and answers, and takes its settings", async () => {
    const frozen = `plugins: { paths: [ ${JSON.stringify(FROZEN)} ] }\nproviders: { frozen: { settings: { greeting: Good day } } }\n`;
    serving = await startServing(frozen);
    expect((await ask("frozen/greeter")).text).toContain('"content":"Good day, world."');
    expect((await ask("frozen/broken")).text).toContain("frozen is broken.");
    expect((await parlance(`plugin info frozen --url ${serving.url}`)).out).toMatch(/^state +ready$/m);
  });

  it("an error of the version tells what was found, what is accepted, and what to do (vercel/ai#18179)", async () => {
    await room.plugin("plugins/newer", { api: 2 });
    await room.plugin("plugins/older", { api: 0 });
    await room.write({ "parlance.yaml": yaml("") });
    const { out } = await parlance("plugin list");
    expect(out).toContain(
      "It speaks plugin api 2; this gateway accepts 1. Update the gateway, or install an older version of the plugin.",
    );
    expect(out).toContain("It speaks plugin api 0; this gateway accepts 1. Install a newer version of the plugin.");
  });
});

describe("a reload under load leaks (Kong/kong#8531): not here", () => {
  let upstream: TestUpstream;
  beforeAll(async () => {
    upstream = await startUpstream(
      answerJson(openAiAnswer({ text: "Hi", finish: "stop", inputTokens: 1, outputTokens: 1 })),
    );
  });
  afterAll(() => upstream.close());

  it("ten reloads while requests run fail none of them, and leave one provider and no connection of the others", async () => {
    const plugin = reloadablePlugin(join(room.directory, "plugins"), "busy", upstream.url);
    plugin.write("1.0.0", "0");
    serving = await startServing(yaml("busy: {}"));
    expect((await ask("busy/x")).status).toBe(200);
    let over = false;
    const statuses = new Map<number, number>();
    const client = async (): Promise<void> => {
      while (!over) {
        const { status } = await ask("busy/x");
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let i = 1; i <= 10; i += 1) {
      plugin.write("1.0.0", String(i));
      const path = `${serving.url}/admin/v1/plugins/busy:reload`;
      const { status } = await fetch(path, { method: "POST", headers: { authorization: `Bearer ${KEY}` } });
      expect(status).toBe(200);
    }
    over = true;
    await Promise.all(clients);
    expect([...statuses.keys()]).toEqual([200]);
    const closed = (): string[] => plugin.deeds().filter((deed) => deed.startsWith("close"));
    await expect.poll(() => closed().length).toBe(10);
    expect(plugin.deeds().filter((deed) => deed.startsWith("create"))).toHaveLength(11);
    expect(new Set(closed())).toEqual(new Set(Array.from({ length: 10 }, (_, i) => `close ${i}`)));
    await expect.poll(() => upstream.openSockets()).toBeLessThanOrEqual(8);
    writeFileSync(join(serving.cwd, "parlance.yaml"), yaml(""));
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });
});
