import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { discover } from "../../src/loader/discover.js";
import { createRegistry } from "../../src/loader/registry.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const GOOD = answerJson(openAiAnswer({ text: "hello", finish: "stop", inputTokens: 1, outputTokens: 1 }));
const DOWN = answerJson({ error: { message: "no" } }, 500);

const plugins = createRegistry(await discover({ builtIn: fileURLToPath(new URL("../../plugins", import.meta.url)) }));

let first: TestUpstream;
let second: TestUpstream;
const gateways: TestGateway[] = [];

beforeEach(async () => {
  [first, second] = await Promise.all([startUpstream(GOOD), startUpstream(GOOD)]);
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()));
  await Promise.all([first.close(), second.close()]);
});

const yamlOf = (resilience: string): string => `
server: { port: 0 }
resilience: { retry: { retries: 0 }, ${resilience} }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1", api_key: k-secret-12345 }
  b: { plugin: openai, base_url: "${second.url}/v1" }
models:
  both: { targets: [{ provider: a, model: m }, { provider: b, model: m, priority: 1 }] }
  alone: { targets: [{ provider: a, model: m }] }
`;

async function start(resilience: string, store?: ReturnType<typeof createMemoryStore>): Promise<TestGateway> {
  const gateway = await startTestGateway(yamlOf(resilience), {}, { store });
  gateways.push(gateway);
  return gateway;
}

const ask = (gateway: TestGateway, model: string) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 }).chat.completions
    .create({ model, messages: [{ role: "user", content: "Hi" }] })
    .withResponse();
const fail = (gateway: TestGateway, model: string) =>
  ask(gateway, model).then(
    () => expect.unreachable(`${model} answered`),
    (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
  );

/** What the upstream was asked to say, lists of models left out. */
const chats = (upstream: TestUpstream): number => upstream.seen.filter(({ method }) => method === "POST").length;
const lists = (upstream: TestUpstream): number => upstream.seen.filter(({ method }) => method === "GET").length;

describe("targets that a share of failures has ejected, all of a plan", () => {
  it("are each called after the other: in panic too, a failure is followed by the next target", async () => {
    const gateway = await start("breaker: { failures: 0, min_attempts: 2, ejection: 60s }");
    first.behave(DOWN);
    second.behave(DOWN);
    for (let i = 0; i < 2; i += 1) await fail(gateway, "both");
    second.behave(GOOD);
    const { response } = await ask(gateway, "both");
    expect(response.headers.get("x-parlance-target")).toBe("b/m");
    expect([chats(first), chats(second)]).toEqual([3, 3]);
  });
});

describe("a target that failed three times in a row", () => {
  it("is not called again, the next one is asked at once, and alone it fails with what to wait for", async () => {
    const gateway = await start("breaker: {}");
    first.behave(DOWN);
    for (let i = 0; i < 3; i += 1) await ask(gateway, "both");
    expect(chats(first)).toBe(3);
    for (let i = 0; i < 5; i += 1) {
      const { response } = await ask(gateway, "both");
      expect(response.headers.get("x-parlance-target")).toBe("b/m");
    }
    const error = await fail(gateway, "alone");
    expect(error.status).toBe(503);
    expect(error.message).toMatch(/its breaker is open for another (10m|9m\d+s) after 3 failures in a row/);
    expect(Number(error.headers?.get("retry-after"))).toBeGreaterThan(500);
    expect(chats(first)).toBe(3);
  });

  it("is tried by one call once its time is over, and is back when that answers", async () => {
    const gateway = await start("breaker: { open: 300ms, ejection: 60s }");
    first.behave(DOWN);
    for (let i = 0; i < 3; i += 1) await fail(gateway, "alone");
    await new Promise((resolve) => setTimeout(resolve, 350));
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const slow: Behaviour = async (...call) => {
      await held;
      await GOOD(...call);
    };
    first.behave(slow);
    const probe = ask(gateway, "alone");
    await vi.waitFor(() => expect(chats(first)).toBe(4), 5000);
    expect((await fail(gateway, "alone")).message).toContain("half open");
    expect(chats(first)).toBe(4);
    letGo();
    await probe;
    await Promise.all([ask(gateway, "alone"), ask(gateway, "alone"), ask(gateway, "alone")]);
    expect(chats(first)).toBe(7);
  });

  it("stays known over a change of configuration, but not at another address", async () => {
    const gateway = await start("breaker: { failures: 1 }");
    const apply = (yaml: string): void => {
      const known = plugins.list().map(({ name }) => ({ name, environment: plugins.manifest(name)?.environment }));
      const { snapshot } = loadConfig({ text: yaml, source: "test.yaml" }, known, {}, Date.now());
      gateway.apply(snapshot ?? expect.fail("the configuration is not valid"), plugins);
    };
    first.behave(DOWN);
    await fail(gateway, "alone");
    apply(yamlOf("breaker: { failures: 1, window: 2m }"));
    expect((await fail(gateway, "alone")).message).toContain("its breaker is open");
    expect(chats(first)).toBe(1);
    apply(yamlOf("breaker: { failures: 1 }").replace(first.url, second.url));
    await ask(gateway, "alone");
    expect(chats(first)).toBe(1);
  });
});

describe("a probe", () => {
  it("asks the provider of an open target for its models, and lets the next call try it", async () => {
    const gateway = await start("breaker: {}, probe: { interval: 1s }");
    first.behave(DOWN);
    for (let i = 0; i < 3; i += 1) await ask(gateway, "both");
    await vi.waitFor(() => expect(lists(first)).toBeGreaterThan(0), 10_000);
    expect(lists(second), "a target that is closed causes no question").toBe(0);
    await fail(gateway, "alone");
    expect(chats(first), "a list that fails opens nothing").toBe(3);
    const [list] = first.seen.filter(({ method }) => method === "GET");
    expect(list).toMatchObject({ path: "/v1/models", headers: { authorization: "Bearer k-secret-12345" } });
    expect(list?.headers["content-type"]).toBeUndefined();
    expect(list?.body).toHaveLength(0);
    first.behave((request, response) =>
      (request.method === "GET" ? answerJson({ object: "list", data: [] }) : GOOD)(request, response),
    );
    await vi.waitFor(async () => expect((await ask(gateway, "alone")).response.status).toBe(200), {
      timeout: 10_000,
      interval: 200,
    });
    const after = lists(first);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(lists(first), "once it is closed nobody asks").toBe(after);
  });

  it("that hangs ends with its time, and asks again", async () => {
    const gateway = await start("breaker: {}, probe: { interval: 1s, timeout: 100ms }");
    first.behave(DOWN);
    for (let i = 0; i < 3; i += 1) await ask(gateway, "both");
    first.behave(() => {});
    await vi.waitFor(() => expect(lists(first)).toBeGreaterThan(1), 10_000);
    await vi.waitFor(() => expect(first.openSockets()).toBeLessThan(2), 5000);
  });
});

describe("two replicas with one store", () => {
  it("share what they know of a target that is down", async () => {
    const store = createMemoryStore(1_000_000, Date.now);
    const [one, two] = await Promise.all([start("breaker: {}", store), start("breaker: {}", store)]);
    first.behave(DOWN);
    for (let i = 0; i < 3; i += 1) await fail(one, "alone");
    first.behave(GOOD);
    await vi.waitFor(
      async () => expect((await fail(two, "alone")).message).toContain("as another replica has it, after 3 failures"),
      { timeout: 10_000, interval: 200 },
    );
  });
});
