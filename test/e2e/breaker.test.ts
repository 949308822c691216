import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

const good = answerJson(openAiAnswer({ text: "back", finish: "stop", inputTokens: 1, outputTokens: 1 }));
const broken = answerJson({ error: { message: "no" } }, 500);

let upstream: TestUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  upstream = await startUpstream(broken);
});
afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});

const start = async (breaker: string): Promise<void> => {
  gateway = await startTestGateway(`
server: { port: 0 }
resilience: { retry: { retries: 0 }, breaker: ${breaker} }
providers: { a: { plugin: openai, base_url: "${upstream.url}/v1" } }
models: { m: { targets: [{ provider: a, model: x }] } }
`);
};

const ask = (): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] }),
  });

/** Three failures, and what the fourth caller is told without a call. */
async function trip(): Promise<Response> {
  for (let i = 0; i < 3; i += 1) expect((await ask()).status).toBe(502);
  const refused = await ask();
  expect([refused.status, upstream.seen.length]).toEqual([503, 3]);
  return refused;
}

describe("a target that fails three times in a row", () => {
  it("is not called for ten minutes, and clients are told when, and not to try again by themselves", async () => {
    await start("{}");
    const { headers } = await trip();
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(590);
    expect(headers.get("x-should-retry")).toBe("false");
  });

  it("is worth another request where it may soon be tried, and is called again once it has answered", async () => {
    await start("{ open: 1s }");
    const { headers } = await trip();
    expect([headers.get("retry-after"), headers.get("x-should-retry")]).toEqual(["1", "true"]);
    upstream.behave(good);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    expect(upstream.seen).toHaveLength(5);
  });
});
