import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chunks, definePlugin } from "../../src/sdk/index.js";
import { servePlugin } from "../../src/sdk/serve.js";
import { isAlive, pluginsOf, until } from "../kits/child-processes.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { buildProgram } from "../kits/program.js";

const SDK = new URL("../../dist/sdk/index.js", import.meta.url).href;
const KEY = "sesame-open-0123456789";
let folder: string;
let gateway: TestGateway;
beforeAll(() => {
  buildProgram();
  folder = mkdtempSync(join(tmpdir(), "parlance-life-"));
});
afterEach(async () => {
  await gateway.stop();
  expect(pluginsOf()).toEqual([]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A plugin that says a word, tells its process, and marks the process that has run its code. */
function writePlugin(word: string, parlance: object = {}): void {
  mkdirSync(join(folder, "teller"), { recursive: true });
  writeFileSync(
    join(folder, "teller/package.json"),
    JSON.stringify({
      name: "parlance-plugin-teller",
      version: word,
      type: "module",
      parlance: { kind: "provider", api: 1, entry: "./index.js", capabilities: ["complete"], ...parlance },
    }),
  );
  writeFileSync(
    join(folder, "teller/index.js"),
    `import { chunks } from "${SDK}";
globalThis.ranHere = (globalThis.ranHere ?? 0) + 1;
${word === "broken" ? 'throw new Error("it is broken");' : ""}
export default { create: () => ({ async *complete(_chat, { model }) {
  yield chunks.completionStart({ id: "1", model });
  yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
  yield chunks.textDelta(0, 0, "${word} ");
  if (model === "slow") await new Promise((resolve) => setTimeout(resolve, 1500));
  yield chunks.textDelta(0, 0, String(process.pid));
  yield chunks.partEnd(0, 0);
  yield chunks.finish(0, { reason: 1 });
  yield chunks.completionEnd({});
} }) };
`,
  );
}

const start = (providers: string): Promise<TestGateway> =>
  startTestGateway(
    `server: { port: 0 }\nadmin: { key: ${KEY} }\nproviders: { ${providers} }\n`,
    {},
    { pluginPaths: [folder] },
  );

async function ask(model: string): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
  });
  const { choices, error } = (await response.json()) as {
    choices?: { message: { content: string } }[];
    error?: { message: string };
  };
  return choices?.[0]?.message.content ?? `failed: ${error?.message}`;
}

async function operate(name: string, verb: string): Promise<{ status: number; told: string }> {
  const response = await fetch(`${gateway.url}/admin/v1/plugins/${name}:${verb}`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
  });
  return { status: response.status, told: await response.text() };
}

const ranHere = (): unknown => (globalThis as { ranHere?: number }).ranHere;
const stateOf = (name: string) => gateway.plugins().find((plugin) => plugin.name === name)?.state;

describe("the code of a plugin that runs elsewhere", () => {
  it.each([
    ["by the configuration", "one: { plugin: teller, isolation: process }", {}],
    ["by its manifest", "one: { plugin: teller }", { isolation: "process" }],
    ["by the configuration, in a thread", "one: { plugin: teller, isolation: worker }", {}],
  ])("%s is never run in the gateway, whatever an operator asks for", async (_how, providers, parlance) => {
    writePlugin("first", parlance);
    gateway = await start(providers);
    for (const verb of ["load", "reload", "unload", "load", "disable", "enable"]) {
      expect(await operate("teller", verb)).toMatchObject({ status: 200 });
    }
    expect(await ask("one/m")).toMatch(/^first \d+$/);
    expect(ranHere()).toBeUndefined();
  });

  it("is not run in the gateway when its new manifest is the first to say where it runs", async () => {
    writePlugin("first", { isolation: "process" });
    gateway = await start("one: { plugin: teller }");
    writePlugin("second", { isolation: "worker" });
    expect(await operate("teller", "reload")).toMatchObject({ status: 200 });
    expect(await ask("one/m")).toBe(`second ${process.pid}`);
    expect(ranHere()).toBeUndefined();
  });
});

describe("a plugin's process that is reloaded", () => {
  it("is replaced by one of the new code; what runs ends on the old one, which ends then", async () => {
    writePlugin("first");
    gateway = await start("one: { plugin: teller, isolation: process }, two: { plugin: teller, isolation: worker }");
    const [, before = ""] = (await ask("one/m")).split(" ");
    expect(await ask("two/m")).toBe(`first ${process.pid}`);
    const slow = ask("one/slow");
    await new Promise((resolve) => setTimeout(resolve, 100));
    writePlugin("second");
    expect(await operate("teller", "reload")).toMatchObject({ status: 200 });
    const [word, after = ""] = (await ask("one/m")).split(" ");
    expect(word).toBe("second");
    expect(after).not.toBe(before);
    expect(await ask("two/m")).toBe(`second ${process.pid}`);
    expect(await slow).toBe(`first ${before}`);
    await until(() => !isAlive(Number(before)));
    expect(pluginsOf().map(({ pid }) => String(pid))).toEqual([after]);
    expect(stateOf("teller")).toBe("ready");
  });

  it("stays when the new code does not start, and nothing else is left running", async () => {
    writePlugin("first");
    gateway = await start("one: { plugin: teller, isolation: process, supervision: { crash_budget: 2 } }");
    const before = await ask("one/m");
    writePlugin("broken");
    const { status, told } = await operate("teller", "reload");
    expect(status).toBe(502);
    expect(told).toContain("it is broken");
    expect(told).toContain("The code before it (version first) stays in use.");
    expect(await ask("one/m")).toBe(before);
    await until(() => pluginsOf().length === 1);
  });

  it("is taken away when it is disabled or unloaded, and started again when it is not any more", async () => {
    writePlugin("first");
    gateway = await start("one: { plugin: teller, isolation: process }");
    for (const [away, back] of [
      ["disable", "enable"],
      ["unload", "load"],
    ] as const) {
      expect(await ask("one/m")).toMatch(/^first/);
      await operate("teller", away);
      await until(() => pluginsOf().length === 0);
      expect(await ask("one/m")).toContain("by an operator");
      await operate("teller", back);
      expect(await ask("one/m")).toMatch(/^first/);
    }
  });

  it("has the changes of its state told, with their reasons", async () => {
    writePlugin("first");
    gateway = await start("one: { plugin: teller, isolation: process }");
    const [, pid] = (await ask("one/m")).split(" ");
    process.kill(Number(pid), "SIGKILL");
    const states = () => gateway.records().filter(({ msg, plugin }) => msg === "plugin state" && plugin === "teller");
    await until(() => states().some(({ state }) => state === "degraded"));
    expect(states().find(({ state }) => state === "degraded")?.reason).toContain('"one": It was ended by SIGKILL.');
    await until(() => states().at(-1)?.state === "ready");
  });
});

describe("a plugin that somebody else runs", () => {
  const elsewhere = definePlugin({
    create: () => ({
      async *complete() {
        yield chunks.completionStart({ id: "1", model: "m" });
        yield chunks.partStart(0, 0, { kind: { case: "text", value: { text: "" } } });
        yield chunks.textDelta(0, 0, "from elsewhere");
        yield chunks.partEnd(0, 0);
        yield chunks.finish(0, { reason: 1 });
        yield chunks.completionEnd({});
      },
    }),
  });

  it.each(["far", "teller"])("is no plugin of the gateway, though its provider be called as one: %s", async (name) => {
    writePlugin("first");
    const socket = join(folder, "far.sock");
    const served = await servePlugin(elsewhere, { name: "far", version: "7.0.0", capabilities: ["complete"], socket });
    try {
      gateway = await start(`${name}: { address: "unix:${socket}" }, mine: { plugin: teller, isolation: worker }`);
      expect(await ask(`${name}/m`)).toBe("from elsewhere");
      expect(await operate(name, "reload")).toMatchObject({ status: 200 });
      expect(await ask(`${name}/m`)).toBe("from elsewhere");
      const disabled = await operate(name, "disable");
      if (name === "far") {
        expect(disabled.status).toBe(400);
        expect(disabled.told).toContain("is run by somebody else");
      }
      expect(await ask(`${name}/m`)).toBe("from elsewhere");
      expect(gateway.plugins().find(({ foreign }) => foreign)).toMatchObject({
        name,
        version: "7.0.0",
        state: "ready",
      });
      expect(ranHere()).toBeUndefined();
    } finally {
      await served.close();
    }
  });
});
