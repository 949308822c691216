import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

let old: TestUpstream;
let fresh: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  old = await startUpstream(answerJson(openAiAnswer({ text: "old", finish: "stop", inputTokens: 1, outputTokens: 1 })));
  fresh = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
admin: { key: operator }
providers:
  old: { plugin: openai, base_url: "${old.url}/v1" }
  fresh: { plugin: openai, base_url: "${fresh.url}/v1" }
models:
  smart:
    targets:
      - { provider: old, model: m }
      - provider: fresh
        model: m
        breaker: { failures: 0, failure_percent: 0 }
        canary: { steps: [{ percent: 40 }], max_error_percent: 50, min_attempts: 10 }
  kept:
    sticky: user
    targets:
      - { provider: old, model: m }
      - { provider: fresh, model: kept, canary: { steps: [{ percent: 50 }] } }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  old.seen.length = 0;
  fresh.seen.length = 0;
  fresh.behave(answerJson(openAiAnswer({ text: "fresh", finish: "stop", inputTokens: 1, outputTokens: 1 })));
});

afterAll(async () => {
  await gateway.stop();
  await old.close();
  await fresh.close();
});

async function ask(model: string, user?: string): Promise<string | null | undefined> {
  const answer = await client.chat.completions.create({
    model,
    messages: [{ role: "user", content: "Hi" }],
    ...(user !== undefined && { user }),
  });
  return answer.choices[0]?.message.content;
}

describe("a canary", () => {
  it("stays with what the route stays with", async () => {
    const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    const first = await Promise.all(users.map((user) => ask("kept", user)));
    expect(new Set(first)).toEqual(new Set(["old", "fresh"]));
    expect(await Promise.all(users.map((user) => ask("kept", user)))).toEqual(first);
  });

  it("is the last fallback beyond its share", async () => {
    old.behave((_request, response) => void response.writeHead(500).end());
    for (let i = 0; i < 5; i += 1) expect(await ask("smart")).toBe("fresh");
    old.behave(answerJson(openAiAnswer({ text: "old", finish: "stop", inputTokens: 1, outputTokens: 1 })));
  });

  it("gets its share, fails no client, and falls back by itself when it fails", async () => {
    fresh.behave((_request, response) => void response.writeHead(500).end());
    for (let i = 0; i < 100; i += 1) expect(await ask("smart")).toBe("old");
    const asked = fresh.seen.length;
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThan(60);
    for (let i = 0; i < 20; i += 1) expect(await ask("smart")).toBe("old");
    expect(fresh.seen.length).toBe(asked);
    const told = gateway.records().filter(({ msg }) => msg === "canary");
    expect(told).toMatchObject([{ level: "warn", model: "smart", target: "fresh/m", state: "fallen_back" }]);
  });

  it("is told to the operator, and begun anew with its route", async () => {
    const operate = async (method: string, path: string): Promise<string> => {
      const headers = { authorization: "Bearer operator", "content-type": "application/json" };
      const response = await fetch(`${gateway.url}/admin/v1/routes/${path}`, {
        method,
        headers,
        ...(method === "POST" && { body: "{}" }),
      });
      const { route } = (await response.json()) as { route: { members: { canary?: string }[] } };
      return route.members[1]?.canary ?? "";
    };
    expect(await operate("GET", "smart")).toMatch(
      /^fell back .+ ago: \d+ of \d+ attempts failed, with 50 % as the limit$/,
    );
    expect(await operate("POST", "smart:reset")).toBe("step 1 of 1: 40 % of the requests; 0 attempts, 0 failed");
    const answers = new Set<unknown>();
    for (let i = 0; i < 60; i += 1) answers.add(await ask("smart"));
    expect(answers).toEqual(new Set(["old", "fresh"]));
  });
});
