import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ParlanceError } from "../sdk/index.js";
import { discover } from "./discover.js";
import { createRegistry, type PluginRegistry, type RegistryOptions } from "./registry.js";
import { GOOD_CODE, type ThrowAway, throwAway } from "../../test/support/throw-away-packages.js";

let room: ThrowAway;
beforeEach(async () => {
  room = await throwAway();
});
afterEach(() => room.remove());

const registry = async (options?: RegistryOptions): Promise<PluginRegistry> =>
  createRegistry(await discover({ paths: [room.directory] }), options);
const failureOf = (promise: Promise<unknown>): Promise<ParlanceError> =>
  promise.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => {
      expect(ParlanceError.is(error)).toBe(true);
      return error as ParlanceError;
    },
  );
const states = (plugins: PluginRegistry): Record<string, string> =>
  Object.fromEntries(plugins.list().map((status) => [status.name, status.state]));

describe("the registry", () => {
  it("imports a plugin on first use, once for all who ask", async () => {
    await room.plugin("good", {}, `globalThis.parlanceImports = (globalThis.parlanceImports ?? 0) + 1;\n${GOOD_CODE}`);
    const plugins = await registry();
    expect(plugins.get("good").state).toBe("validated");
    expect(globalThis).not.toHaveProperty("parlanceImports");
    const [first, second] = await Promise.all([plugins.load("good"), plugins.load("good")]);
    expect(first).toBe(second);
    expect(first.create).toBeTypeOf("function");
    expect(plugins.get("good")).toMatchObject({ state: "ready", version: "1.2.3", capabilities: ["complete"] });
    expect(Reflect.get(globalThis, "parlanceImports")).toBe(1);
    Reflect.deleteProperty(globalThis, "parlanceImports");
  });

  it("keeps every other plugin usable beside those that fail", async () => {
    await room.plugin("good");
    await room.plugin("throws", {}, "throw new TypeError('no such thing');");
    await room.plugin("syntax", {}, "export default {");
    await room.plugin("bare", {}, "export const create = () => ({});");
    await room.plugin("odd", {}, "export default { make: () => ({}) };");
    await room.plugin("other-api", { api: 7 });
    const plugins = await registry();
    const names = ["throws", "syntax", "bare", "odd", "other-api"];
    const reasons = await Promise.all(names.map(async (name) => (await failureOf(plugins.load(name))).message));
    expect(reasons[0]).toContain("It threw while it was imported: TypeError: no such thing");
    expect(reasons[1]).toContain("It threw while it was imported:");
    expect(reasons[2]).toContain("no default export");
    expect(reasons[3]).toContain("no function `create`");
    expect(reasons[4]).toContain("It speaks plugin api 7; this gateway accepts 1.");
    for (const name of names) {
      const status = plugins.get(name);
      expect(status.state).toBe("failed");
      expect(reasons.join("\n")).toContain(status.reason);
    }
    expect((await plugins.load("good")).create).toBeTypeOf("function");
    expect(states(plugins)).toMatchObject({ good: "ready" });
  });

  it("fails a plugin that does not finish importing, when its time is over", async () => {
    await room.plugin("hangs", {}, "await new Promise(() => {});\nexport default {};");
    await room.plugin("good");
    const limits: { act: () => void; milliseconds: number }[] = [];
    let stopped = 0;
    const plugins = await registry({
      world: {
        later: (act, milliseconds) => {
          limits.push({ act, milliseconds });
          return () => {
            stopped += 1;
          };
        },
      },
    });
    const failure = failureOf(plugins.load("hangs"));
    await plugins.load("good");
    expect(plugins.get("hangs").state).toBe("validated");
    expect(limits[0]?.milliseconds).toBe(10_000);
    limits[0]?.act();
    expect((await failure).message).toContain("did not finish importing within 10 seconds");
    expect(states(plugins)).toEqual({ hangs: "failed", good: "ready" });
    expect(stopped).toBe(2);
  });

  it("answers an unknown name with near names", async () => {
    await room.plugin("openai");
    await room.plugin("simulator");
    const plugins = await registry();
    const error = await failureOf(plugins.load("opneai"));
    expect(error).toMatchObject({ code: "not_found", facts: { suggestions: ["openai"] } });
    expect(error.message).toContain('Did you mean "openai"?');
    expect(() => plugins.get("zzzzzz")).toThrow("Known are: openai, simulator.");
  });

  it("does not run a plugin that is not in the list of those allowed", async () => {
    await room.plugin("a");
    await room.plugin("b", {}, "throw new Error('must not run');");
    const plugins = await registry({ allow: ["a"] });
    expect(states(plugins)).toEqual({ a: "validated", b: "discovered" });
    const error = await failureOf(plugins.load("b"));
    expect(error.message).toContain("plugins.allow");
    expect(plugins.get("b").state).toBe("discovered");
    await plugins.load("a");
  });

  it("gives a name to the first that has it, and tells of the other", async () => {
    const first = await room.plugin("first/a");
    await room.plugin("second/a");
    const found = await discover({ paths: ["first", "second"], cwd: room.directory });
    const plugins = createRegistry(found);
    expect(plugins.get("a")).toMatchObject({ directory: first, state: "validated" });
    expect(plugins.list().map((status) => status.state)).toEqual(["validated", "failed"]);
    expect(plugins.list()[1]?.reason).toContain(`Its name is taken by the plugin in ${first}. Uninstall one of them`);
  });
});

describe("a provider that the registry makes", () => {
  const settings = {
    type: "object",
    additionalProperties: false,
    properties: { pace: { type: "number", default: 3 } },
  };
  const given = (own: Record<string, number>): { name: string; settings: Record<string, number> } => ({
    name: "mine",
    settings: own,
  });

  it("gets its settings checked and filled", async () => {
    await room.plugin("p", { settings }, "export default { create: (s) => ({ complete() {}, seen: s }) };");
    const plugins = await registry();
    expect(await plugins.create("p", given({}))).toMatchObject({ seen: { name: "mine", settings: { pace: 3 } } });
    expect(await failureOf(plugins.create("p", given({ pcae: 1 })))).toMatchObject({
      code: "invalid_request",
      message: 'providers.mine.settings.pcae: It is not known. Did you mean "pace"?',
      facts: { field: "providers.mine.settings.pcae" },
    });
    expect(plugins.get("p").state).toBe("ready");
  });

  it("that lacks what the manifest promises makes the plugin degraded", async () => {
    await room.plugin("p", { capabilities: ["complete", "embed"] });
    const plugins = await registry();
    await plugins.create("p", given({}));
    expect(plugins.get("p")).toMatchObject({ state: "degraded" });
    expect(plugins.get("p").reason).toContain("promises embed");
    expect((await plugins.load("p")).create).toBeTypeOf("function");
  });

  it("that throws while it is made is told as the plugin's fault", async () => {
    await room.plugin("p", {}, "export default { create() { throw new Error('no region'); } };");
    await room.plugin("q", {}, "export default { create: () => undefined };");
    const plugins = await registry();
    expect((await failureOf(plugins.create("p", given({})))).message).toContain("no region");
    expect((await failureOf(plugins.create("q", given({})))).message).toContain("made no provider");
  });
});
