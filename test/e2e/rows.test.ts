import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Row } from "../../src/loader/row.js";
import { anthropicAnswer } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { responsesAnswer, responsesStream } from "../kits/responses-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const rows = JSON.parse(readFileSync(new URL("../../plugins/compatible/rows.json", import.meta.url), "utf8")) as Row[];
const ANSWER = { text: "hello there", finish: "stop", inputTokens: 7, outputTokens: 3 } as const;

/** Door, body and answer of a caller that speaks the dialect. */
const CALLS: Readonly<Record<string, { door: string; body: object; answer: object }>> = {
  "anthropic-messages": {
    door: "/v1/messages",
    body: { max_tokens: 5, messages: [{ role: "user", content: "Hi" }] },
    answer: anthropicAnswer(ANSWER) as object,
  },
  "openai-responses": { door: "/v1/responses", body: { input: "Hi" }, answer: responsesAnswer(ANSWER) },
};
/** Where a caller of the dialect has tokens counted. */
const COUNTS: Readonly<Record<string, string>> = {
  "anthropic-messages": "/v1/messages/count_tokens",
  "openai-responses": "/v1/responses/input_tokens",
};

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
const rootOf = ({ base_url }: Row): string => new URL(base_url).pathname.replace(/[{}]|%7[BD]/g, "").replace(/\/$/, "");
const chatRows = rows.filter(({ chat }) => chat.dialect === "openai-chat");
const otherChats = rows.flatMap((row) =>
  [row.chat, ...(row.other_chats ?? [])]
    .filter(({ dialect }) => dialect !== "openai-chat")
    .map((endpoint) => [row.name, endpoint.dialect, row, endpoint] as const),
);

describe("the rows", () => {
  it("are thirty, with a name each, and a source for every quirk", () => {
    expect(rows.length).toBeGreaterThanOrEqual(30);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { quirks = [] } of rows) for (const { source } of quirks) expect(source).toMatch(/^https:\/\//);
  });

  it("have names that no other row has, aliases among them", () => {
    const names = rows.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(chatRows.map((row) => [row.name, row] as const))("call %s as it wants to be called", async (name, row) => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const whole = await post("/v1/chat/completions", { model: `${name}/some/model`, messages });
    expect(whole.response.status).toBe(200);
    expect(whole.response.headers.get("x-parlance-lane")).toBe("verbatim");
    const seen = upstream.seen.at(-1);
    expect(seen?.path).toBe(rootOf(row) + row.chat.path);
    expect(seen?.headers[row.api_key_header ?? "authorization"]).toContain(`key-of-${name}`);
    expect(seen?.json()).toEqual({ model: "some/model", messages });

    upstream.behave(answerSse(openAiStream(ANSWER), [5, 40]));
    const stream = await post("/v1/messages", { model: `${name}/m`, max_tokens: 5, stream: true, messages });
    if (row.other_chats?.some(({ dialect }) => dialect === "anthropic-messages") !== true) {
      expect(stream.text).toContain("message_stop");
      expect(stream.text.match(/"text":"[^"]*"/g)?.join("")).toContain("hello");
    }
  });

  it.each(otherChats)("have callers of %s passed on as they came: %s", async (name, dialect, row, endpoint) => {
    const { door, body, answer } = CALLS[dialect] as NonNullable<(typeof CALLS)[string]>;
    upstream.behave(answerJson(JSON.stringify(answer)));
    const { response } = await post(door, { model: `${name}/some/model`, ...body });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    const seen = upstream.seen.at(-1);
    expect(seen?.path).toBe(rootOf(row) + endpoint.path);
    expect(seen?.json()).toEqual({ model: "some/model", ...body });
    if (endpoint.token_count_path === undefined) return;

    upstream.behave(answerJson(JSON.stringify({ input_tokens: 11, object: "response.input_tokens" })));
    const count = await post(COUNTS[dialect] as string, { model: `${name}/some/model`, ...body });
    expect(count.response.status).toBe(200);
    expect(JSON.parse(count.text)).toMatchObject({ input_tokens: 11 });
    expect(upstream.seen.at(-1)?.path).toBe(rootOf(row) + endpoint.token_count_path);
  });

  it("have a server that speaks Responses alone asked in them, whatever the caller speaks", async () => {
    upstream.behave(answerJson(JSON.stringify(responsesAnswer(ANSWER))));
    const whole = await post("/v1/chat/completions", { model: "perplexity/perplexity/sonar", messages, max_tokens: 9 });
    expect(whole.response.status).toBe(200);
    expect(whole.response.headers.get("x-parlance-lane")).toBe("translated");
    expect(JSON.parse(whole.text)).toMatchObject({ choices: [{ message: { content: "hello there" } }] });
    expect(upstream.seen.at(-1)?.path).toBe("/v1/responses");
    expect(upstream.seen.at(-1)?.json()).toMatchObject({ model: "perplexity/sonar", max_output_tokens: 9 });

    upstream.behave(answerSse(responsesStream(ANSWER), [5, 40]));
    const stream = await post("/v1/chat/completions", { model: "perplexity/perplexity/sonar", messages, stream: true });
    expect(stream.text.match(/"content":"[^"]*"/g)?.join("")).toContain("hello");
  });

  it("have what a server refuses left out and told, and what it calls otherwise renamed", async () => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const refused = await post("/v1/chat/completions", {
      model: "groq/m",
      messages,
      logit_bias: { 1: 1 },
      made_up: true,
    });
    expect(refused.response.headers.get("x-parlance-lane")).toBe("translated");
    expect(upstream.seen.at(-1)?.json()).toEqual({ model: "m", messages, made_up: true });
    expect(refused.text).toContain('"logit_bias"');

    const renamed = await post("/v1/chat/completions", { model: "deepseek/m", messages, max_completion_tokens: 9 });
    expect(renamed.response.headers.get("x-parlance-lane")).toBe("translated");
    expect(upstream.seen.at(-1)?.json()).toEqual({ model: "m", messages, max_tokens: 9 });
  });

  it.each<[string, object, object]>([
    ["moonshot/kimi-k3", { temperature: 0.2, top_p: 0.5, n: 1, stop: ["."] }, { stop: ["."] }],
    ["moonshot/moonshot-v1-8k", { temperature: 0.2 }, { temperature: 0.2 }],
    ["xai/grok-4-0709", { stop: ["."], presence_penalty: 1, reasoning_effort: "low", seed: 1 }, { seed: 1 }],
    ["xai/grok-4.3", { stop: ["."], reasoning_effort: "low" }, { reasoning_effort: "low" }],
    ["xai/grok-3", { stop: ["."] }, { stop: ["."] }],
    [
      "cerebras/gpt-oss-120b",
      { logit_bias: { 1: 1 }, store: false, max_completion_tokens: 9 },
      { max_completion_tokens: 9 },
    ],
    ["fireworks/m", { max_completion_tokens: 9 }, { max_completion_tokens: 9 }],
    ["minimax/m", { presence_penalty: 1 }, { presence_penalty: 1 }],
    ["sambanova/m", { seed: 1, n: 2, max_completion_tokens: 9 }, { seed: 1, n: 2, max_completion_tokens: 9 }],
    ["together/m", { max_completion_tokens: 9 }, { max_tokens: 9 }],
  ])("have %s asked with what its server takes", async (model, asked, sent) => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    expect((await post("/v1/chat/completions", { model, messages, ...asked })).response.status).toBe(200);
    expect(upstream.seen.at(-1)?.json()).toEqual({ model: model.slice(model.indexOf("/") + 1), messages, ...sent });
  });

  it("have a schema asked for as any JSON object where the server knows none", async () => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const format = { type: "json_schema", name: "n", schema: { type: "object" } };
    await post("/v1/responses", { model: "zhipu/glm-5.1", input: "Hi", text: { format } });
    expect(upstream.seen.at(-1)?.json()).toMatchObject({ response_format: { type: "json_object" } });
  });

  it.each<[string, string]>([
    ["deepseek/deepseek-flash", "system"],
    ["vllm/m", "system"],
    ["cerebras/qwen-3.8-27b", "system"],
    ["cerebras/gpt-oss-120b", "developer"],
    ["groq/m", "developer"],
  ])("have the role developer said to %s as %s", async (model, role) => {
    upstream.behave(answerJson(JSON.stringify(openAiAnswer(ANSWER))));
    const instructions = { role: "developer", content: "Be brief." };
    await post("/v1/chat/completions", { model, messages: [instructions, ...messages] });
    expect(upstream.seen.at(-1)?.json().messages).toEqual([{ ...instructions, role }, ...messages]);
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
