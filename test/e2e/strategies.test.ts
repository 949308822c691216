import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

let upstreams: TestUpstream[];
let gateway: TestGateway;
let client: OpenAI;
let anthropic: Anthropic;

const good =
  (text: string, waitMs = 0): Behaviour =>
  async (request, response) => {
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    await answerJson(openAiAnswer({ text, finish: "stop", inputTokens: 1, outputTokens: 1 }))(request, response);
  };

const NAMES = ["a", "b", "c"];

beforeAll(async () => {
  upstreams = await Promise.all(NAMES.map(() => startUpstream()));
  const targets = "targets: [ { provider: a, model: m }, { provider: b, model: m }, { provider: c, model: m } ]";
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
${NAMES.map((name, i) => `  ${name}: { plugin: openai, base_url: "${upstreams[i]?.url}/v1" }`).join("\n")}
models:
  ordered: { ${targets} }
  turns: { strategy: round_robin, ${targets} }
  busy: { strategy: least_busy, ${targets} }
  quick: { strategy: lowest_latency, ${targets} }
  first-of-all: { strategy: cascade, ${targets} }
  split:
    strategy: weighted
    sticky: user
    targets: [ { provider: a, model: m, weight: 1 }, { provider: b, model: m, weight: 1 }, { provider: c, model: m, weight: 0 } ]
  cheap:
    strategy: cheapest
    targets:
      - { provider: a, model: m, price: { input: "5", output: "5" } }
      - { provider: b, model: m, price: { input: "1", output: "100" } }
      - { provider: c, model: m }
  sized:
    targets:
      - { provider: b, model: big, when: { min_tokens: 1000 } }
      - { provider: a, model: small, when: { headers: { x-tier: "gold*" } } }
      - { route: pool }
  pool: { strategy: round_robin, targets: [ { provider: c, model: one }, { provider: c, model: two } ] }
  clever: { alias: ordered }
  "claude-*": { targets: [ { provider: c, model: "*" } ] }
  "gpt-*": { targets: [ { provider: b, model: "vendor/gpt-*" } ] }
routing: { latency: { explore_percent: 0 } }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  upstreams.forEach((upstream, i) => {
    upstream.seen.length = 0;
    upstream.behave(good(NAMES[i] as string));
  });
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
});

async function ask(model: string, more: object = {}, headers: Record<string, string> = {}): Promise<string> {
  const body = { model, messages: [{ role: "user" as const, content: "Hi" }], ...more };
  const { response } = await client.chat.completions.create(body, { headers }).withResponse();
  return response.headers.get("x-parlance-target") ?? "";
}

async function askTimes(count: number, model: string, more: (i: number) => object = () => ({})): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < count; i += 1) seen.push(await ask(model, more(i)));
  return seen;
}

describe("over real upstreams", () => {
  it("priority and cascade ask the first, and the next one when it fails", async () => {
    expect(await askTimes(3, "ordered")).toEqual(["a/m", "a/m", "a/m"]);
    expect(await ask("first-of-all")).toBe("a/m");
    upstreams[0]?.behave(answerJson({ error: { message: "no" } }, 500));
    expect(await ask("ordered")).toBe("b/m");
  });

  it("round_robin goes round", async () => {
    expect(await askTimes(6, "turns")).toEqual(["a/m", "b/m", "c/m", "a/m", "b/m", "c/m"]);
  });

  it("weighted stays with a user, has both sides, and spares a weight of 0", async () => {
    const users = Array.from({ length: 24 }, (_, i) => ({ user: `user-${i}` }));
    const firsts = await askTimes(users.length, "split", (i) => users[i] as object);
    expect(new Set(firsts)).toEqual(new Set(["a/m", "b/m"]));
    expect(await askTimes(users.length, "split", (i) => users[i] as object)).toEqual(firsts);
  });

  it("least_busy spreads what comes at once", async () => {
    upstreams.forEach((upstream, i) => upstream.behave(good(NAMES[i] as string, 300)));
    const asked = await Promise.all(Array.from({ length: 9 }, () => ask("busy")));
    for (const name of ["a/m", "b/m", "c/m"]) expect(asked.filter((one) => one === name).length).toBeGreaterThan(1);
  });

  it("lowest_latency forsakes whoever is slow", async () => {
    upstreams[0]?.behave(good("a", 400));
    await askTimes(8, "quick");
    expect((await askTimes(12, "quick")).filter((one) => one === "a/m").length).toBeLessThan(2);
  });

  it("cheapest goes by what the request would cost", async () => {
    expect(await ask("cheap", { max_tokens: 1000 })).toBe("a/m");
    expect(await ask("cheap", { max_tokens: 1, messages: [{ role: "user", content: "x".repeat(4000) }] })).toBe("b/m");
  });

  it("conditions and groups are obeyed", async () => {
    expect(await askTimes(2, "sized")).toEqual(["c/one", "c/two"]);
    expect(await ask("sized", {}, { "x-tier": "gold-1" })).toBe("a/small");
    expect(await ask("sized", { messages: [{ role: "user", content: "x".repeat(5000) }] })).toBe("b/big");
  });

  it("a caller may wish another strategy", async () => {
    expect(new Set(await askTimes(3, "ordered", () => ({ routing: { strategy: "round_robin" } })))).toEqual(
      new Set(["a/m", "b/m", "c/m"]),
    );
  });
});

describe("aliases and patterns", () => {
  it("are found at OpenAI's door, where aliases are listed and patterns are not", async () => {
    expect(await ask("clever")).toBe("a/m");
    expect(await ask("gpt-5-mini")).toBe("b/vendor/gpt-5-mini");
    const names = [];
    for await (const { id } of client.models.list()) names.push(id);
    expect(names).toContain("clever");
    expect(names.filter((name) => name.includes("*"))).toEqual([]);
    expect((await client.models.retrieve("gpt-99")).id).toBe("gpt-99");
    await expect(ask("gpt")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  });

  it("are found at Anthropic's door", async () => {
    const said = (model: string) =>
      anthropic.messages.create({ model, max_tokens: 5, messages: [{ role: "user", content: "Hi" }] });
    expect((await said("claude-next")).content).toMatchObject([{ text: "c" }]);
    expect(upstreams[2]?.seen[0]?.json().model).toBe("claude-next");
    expect((await said("clever")).content).toMatchObject([{ text: "a" }]);
  });
});

it("x-parlance-explain tells where a request would go, and asks nobody", async () => {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-parlance-explain": "true" },
    body: JSON.stringify({ model: "sized", messages: [{ role: "user", content: "Hi" }] }),
  });
  expect(await response.json()).toMatchObject({
    model: "sized",
    route: "sized",
    strategy: "priority",
    targets: [
      { target: "c/one", lane: "LANE_VERBATIM", role: "route" },
      { target: "c/two", role: "route" },
    ],
    left_out: [
      { target: "b/big", reason: "only for prompts of 1000 tokens or more" },
      { target: "a/small", reason: "only for requests with the header x-tier: gold*" },
    ],
  });
  expect(upstreams.flatMap(({ seen }) => seen)).toEqual([]);
});
