import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Row } from "../../src/loader/row.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const rows = JSON.parse(readFileSync(new URL("../../plugins/compatible/rows.json", import.meta.url), "utf8")) as Row[];
const ANSWER = { text: "hello there", finish: "stop", inputTokens: 7, outputTokens: 3 } as const;

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const providers = rows.map(
    ({ name, base_url }) =>
      `  ${name}: { base_url: "${upstream.url}${new URL(base_url).pathname.replace(/[{}]|%7[BD]/g, "")}", api_key: key-of-${name} }`,
  );
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
${providers.join("\n")}
`);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

async function post(path: string, body: object): Promise<{ response: Response; text: string }> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { response, text: await response.text() };
}

const messages = [{ role: "user", content: "Hi" }];

describe("the rows", () => {
  it("are thirty, with a name each, and a source for every quirk", () => {
    expect(rows.length).toBeGreaterThanOrEqual(30);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { quirks = [] } of rows) for (const { source } of quirks) expect(source).toMatch(/^https:\/\//);
  });

  it.each(rows.map((row) => [row.name, row] as const))("call %s as it wants to be called", async (name, row) => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const whole = await post("/v1/chat/completions", { model: `${name}/some/model`, messages });
    expect(whole.response.status).toBe(200);
    expect(whole.response.headers.get("x-parlance-lane")).toBe("verbatim");
    const seen = upstream.seen.at(-1);
    const path = new URL(row.base_url).pathname.replace(/[{}]|%7[BD]/g, "");
    expect(seen?.path).toBe(`${path === "/" ? "" : path}${row.chat.path}`);
    expect(seen?.headers[row.api_key_header ?? "authorization"]).toContain(`key-of-${name}`);
    expect(seen?.json()).toEqual({ model: "some/model", messages });

    upstream.behave(answerSse(openAiStream(ANSWER), [5, 40]));
    const stream = await post("/v1/messages", { model: `${name}/m`, max_tokens: 5, stream: true, messages });
    if (row.other_chats?.some(({ dialect }) => dialect === "anthropic-messages") !== true) {
      expect(stream.text).toContain("message_stop");
      expect(stream.text.match(/"text":"[^"]*"/g)?.join("")).toContain("hello");
    }
  });

  it("have what a server refuses left out and told, and what it calls otherwise renamed", async () => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const body = { model: "sambanova/m", messages, seed: 1, max_completion_tokens: 9, made_up: true };
    const { response, text } = await post("/v1/chat/completions", body);
    expect(response.headers.get("x-parlance-lane")).toBe("translated");
    expect(upstream.seen.at(-1)?.json()).toEqual({ model: "m", messages, max_tokens: 9, made_up: true });
    expect(text).toContain('"seed"');
  });

  it("have the role developer said as system where the server knows no other", async () => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const asked = [{ role: "developer", content: "Be brief." }, ...messages];
    await post("/v1/chat/completions", { model: "deepseek/deepseek-chat", messages: asked });
    expect(upstream.seen.at(-1)?.json().messages).toEqual([{ role: "system", content: "Be brief." }, ...messages]);
    await post("/v1/chat/completions", { model: "groq/m", messages: asked });
    expect(upstream.seen.at(-1)?.json().messages).toEqual(asked);
  });

  it("have strict callers told before a refused field is dropped", async () => {
    const body = { model: "groq/m", messages, logit_bias: { 1: 1 } };
    const before = upstream.seen.length;
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-parlance-strict": "true" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("logit_bias");
    expect(upstream.seen.length).toBe(before);
  });
});
