import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

const KEYS = { heavy: "secret-of-the-first", light: "secret-of-the-second", spare: "secret-of-the-spare" };
const good = answerJson(openAiAnswer({ text: "Hi", finish: "stop", inputTokens: 1, outputTokens: 1 }));

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  up:
    plugin: openai
    base_url: "${upstream.url}/v1"
    settings: { organization: org-all }
    credentials:
      - { name: heavy, api_key: ${KEYS.heavy}, weight: 3 }
      - { api_key: ${KEYS.light}, settings: { organization: org-light } }
      - { name: spare, api_key: ${KEYS.spare}, weight: 0 }
`);
});
beforeEach(() => {
  upstream.seen.length = 0;
  upstream.behave(good);
});
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const ask = (): Promise<Response> =>
  fetch(`${gateway.url}/parlance.v1.CompletionService/Complete`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      chat: { model: "up/m", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
    }),
  });

describe("several credentials of a provider", () => {
  it("share its calls exactly by weight, each with its own settings, and are told by name alone", async () => {
    const told: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const { completion } = (await (await ask()).json()) as { completion: { attempts: { credential: string }[] } };
      told.push(completion.attempts[0]?.credential ?? "none");
    }
    const sent = upstream.seen.map(({ headers }) => [headers.authorization, headers["openai-organization"]].join());
    const times = (all: readonly string[], one: string): number => all.filter((each) => each === one).length;
    expect(times(sent, `Bearer ${KEYS.heavy},org-all`)).toBe(15);
    expect(times(sent, `Bearer ${KEYS.light},org-light`)).toBe(5);
    expect([times(told, "heavy"), times(told, "2")]).toEqual([15, 5]);
    const logged = gateway.records().filter((record) => record.msg === "exchange");
    expect(
      times(
        logged.map((record) => String(record.credential)),
        "2",
      ),
    ).toBe(5);
    expect(JSON.stringify(gateway.records())).not.toContain("secret-of");
  });

  it("use the same connections", async () => {
    for (let i = 0; i < 8; i += 1) await (await ask()).text();
    expect(upstream.openSockets()).toBe(1);
  });

  it("are quoted by no error, whichever of them the provider names", async () => {
    const message = `No such keys: ${Object.values(KEYS).join(", ")}`;
    upstream.behave(answerJson({ error: { message } }, 401));
    for (let i = 0; i < 4; i += 1) {
      const answer = await (await ask()).text();
      expect(answer).toContain("[hidden], [hidden], [hidden]");
      expect(answer).not.toContain("secret-of");
    }
    expect(JSON.stringify(gateway.records())).not.toContain("secret-of");
  });
});
