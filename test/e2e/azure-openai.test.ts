import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer } from "../kits/openai-wire.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const ALL_SAFE = { hate: { filtered: false, severity: "safe" }, violence: { filtered: false, severity: "safe" } };
const CHUNK = {
  id: "chatcmpl-a1",
  created: 1_700_000_000,
  model: "gpt-4o-2024-11-20",
  object: "chat.completion.chunk",
};
const FIRST = {
  choices: [],
  created: 0,
  id: "",
  model: "",
  object: "",
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: ALL_SAFE }],
};
const choice = (more: object) => ({
  index: 0,
  logprobs: null,
  finish_reason: null,
  content_filter_results: {},
  ...more,
});
const chunk = (more: object, rest: object = {}) => ({ ...CHUNK, choices: [choice(more)], usage: null, ...rest });
const USAGE = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
const STREAM = [
  FIRST,
  chunk({ delta: { role: "assistant", content: "", refusal: null } }, { obfuscation: "x9" }),
  chunk({ delta: { content: "Hel" }, content_filter_results: ALL_SAFE }, { obfuscation: "k" }),
  chunk({ delta: { content: "lo" }, content_filter_results: ALL_SAFE }),
  chunk({ delta: {}, finish_reason: "stop" }),
  // https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming: the filter's word comes late.
  {
    ...CHUNK,
    id: "",
    model: "",
    created: 0,
    choices: [
      choice({
        content_filter_results: ALL_SAFE,
        content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 198 },
      }),
    ],
  },
  { ...CHUNK, choices: [], usage: USAGE },
];
const sse = (events: readonly object[]) =>
  `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
const FILTERED = {
  error: {
    message: "The response was filtered due to the prompt triggering the content management policy.",
    type: null,
    param: "prompt",
    code: "content_filter",
    status: 400,
    innererror: {
      code: "ResponsibleAIPolicyViolation",
      content_filter_result: { violence: { filtered: true, severity: "medium" } },
    },
  },
};
const ANSWER = openAiAnswer({ text: "Hello", finish: "stop", inputTokens: 9, outputTokens: 2 });

let upstream: TestUpstream;
let other: TestUpstream;
let tokens: TestUpstream;
let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  upstream = await startUpstream();
  other = await startUpstream(answerJson(ANSWER));
  tokens = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  azure: { plugin: azure-openai, base_url: "${upstream.url}/", api_key: azure-key, settings: { deployments: { gpt-4o: prod, text-embedding-3-small: vectors } } }
  classic: { plugin: azure-openai, base_url: "${upstream.url}", api_key: azure-key, settings: { api_version: "2024-10-21", deployments: { gpt-4o: prod } } }
  foundry: { plugin: azure-openai, base_url: "${upstream.url}/models", api_key: azure-key, settings: { api: models } }
  entra:
    plugin: azure-openai
    base_url: "${upstream.url}"
    settings: { tenant_id: t, client_id: c, client_secret: hush-hush, authority_host: "${tokens.url}" }
  other: { plugin: openai, base_url: "${other.url}/v1", api_key: k }
models:
  both: { targets: [{ provider: azure, model: gpt-4o }, { provider: other, model: x, priority: 1 }] }
`);
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all([upstream.close(), other.close(), tokens.close()]);
});

afterEach(() => {
  for (const server of [upstream, other, tokens]) server.seen.length = 0;
});

const messages = [{ role: "user" as const, content: "Hi" }];
const post = (body: object, path = "/v1/chat/completions") =>
  fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, ...body }),
  });
const told = async (model: string, options: object = { include_usage: true }) => {
  const response = await post({ model, stream: true, ...(options && { stream_options: options }) });
  return { response, text: await response.text() };
};

describe("a stream of Azure", () => {
  it("trap 99: begins with the prompt's filter and without a choice, and passes as it came", async () => {
    upstream.behave(answerSse(sse(STREAM), [3, 1, 200]));
    const { response, text } = await told("azure/gpt-4o");
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(text).toBe(sse(STREAM));
    upstream.behave(answerSse(sse(STREAM), [3, 1, 200]));
    const stream = openai.chat.completions.stream({ model: "azure/gpt-4o", messages, stream: true });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({ message: { content: "Hello" }, finish_reason: "stop" });
  });

  it("trap 99: never makes its empty id and model those of an answer in another dialect", async () => {
    upstream.behave(answerSse(sse(STREAM), [3, 1, 200]));
    const message = await anthropic.messages.stream({ model: "azure/gpt-4o", max_tokens: 10, messages }).finalMessage();
    expect(message).toMatchObject({
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 9, output_tokens: 2 },
    });
    expect([message.id === "", message.model === ""]).toEqual([false, false]);
  });

  it("trap 100: keeps what the filters say, late events without a delta included", async () => {
    upstream.behave(answerSse(sse(STREAM)));
    const { text } = await told("azure/gpt-4o");
    expect(text).toContain('"content_filter_offsets":{"check_offset":44');
    expect(text).toContain('"prompt_filter_results"');
    const events: OpenAI.ChatCompletionChunk[] = [];
    upstream.behave(answerSse(sse(STREAM), [11]));
    for await (const event of await openai.chat.completions.create({ model: "azure/gpt-4o", messages, stream: true })) {
      events.push(event);
    }
    expect(events.filter(({ choices }) => choices[0] !== undefined && choices[0].delta === undefined)).toHaveLength(1);
  });

  it("trap 101: that the filter cuts is told as filtered, in the words of either door", async () => {
    const cut = [...STREAM.slice(0, 3), chunk({ delta: {}, finish_reason: "content_filter" }), STREAM[6] as object];
    upstream.behave(answerSse(sse(cut)));
    expect((await told("azure/gpt-4o")).text).toContain('"finish_reason":"content_filter"');
    upstream.behave(answerSse(sse(cut)));
    const message = await anthropic.messages.stream({ model: "azure/gpt-4o", max_tokens: 10, messages }).finalMessage();
    expect(message.stop_reason).toBe("refusal");
  });

  it("trap 101: that ends in the filter's error names it", async () => {
    upstream.behave(
      answerSse(`${sse(STREAM.slice(0, 3)).replace("data: [DONE]\n\n", "")}data: ${JSON.stringify(FILTERED)}\n\n`),
    );
    const { text } = await told("azure/gpt-4o");
    expect(text).toContain('"code":"content_filter"');
  });

  it("trap 104: has padding, which passes", async () => {
    upstream.behave(answerSse(sse(STREAM), [2, 90]));
    expect((await told("classic/gpt-4o")).text).toContain('"obfuscation":"x9"');
  });
});

describe("a refusal of Azure", () => {
  it("trap 101: of a filtered prompt is the caller's, keeps what the filter said, and is not tried elsewhere", async () => {
    const body = JSON.stringify(FILTERED, undefined, 1);
    upstream.behave(answerJson(body, 400));
    const response = await post({ model: "both" });
    expect([response.status, await response.text()]).toEqual([400, body]);
    expect([upstream.seen.length, other.seen.length]).toEqual([1, 0]);
    await expect(openai.chat.completions.create({ model: "both", messages })).rejects.toMatchObject({
      status: 400,
      code: "content_filter",
      param: "prompt",
      error: { innererror: { code: "ResponsibleAIPolicyViolation" } },
    });
    await expect(anthropic.messages.create({ model: "both", max_tokens: 9, messages })).rejects.toMatchObject({
      status: 400,
      error: { error: { type: "invalid_request_error", message: FILTERED.error.message } },
    });
  });

  it("trap 102: of a deployment that is not there is a model that is not found", async () => {
    const error = { code: "DeploymentNotFound", message: "The API deployment for this resource does not exist." };
    upstream.behave(answerJson({ error }, 404));
    await expect(anthropic.messages.create({ model: "classic/gone", max_tokens: 9, messages })).rejects.toMatchObject({
      status: 404,
      error: { error: { type: "not_found_error" } },
    });
    const response = await post(
      { chat: { model: "classic/gone", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] } },
      "/parlance.v1.CompletionService/Complete",
    );
    expect(JSON.stringify(await response.json())).toContain("MODEL_NOT_FOUND");
  });

  it("trap 103: that asks to wait no time and a second is told as a second", async () => {
    const error = { code: "RateLimitReached", message: "Slow down." };
    upstream.behave(answerJson({ error }, 429, { "retry-after-ms": "0", "retry-after": "1" }));
    const response = await post({ model: "azure/gpt-4o" });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(response.headers.get("retry-after-ms") ?? "1000").not.toBe("0");
  });

  it("trap 104: of the gateway's own key, with a number as text, is not the caller's", async () => {
    const error = { code: "401", message: "Access denied due to invalid subscription key or wrong API endpoint." };
    upstream.behave(answerJson({ error }, 401));
    const response = await post({ model: "foundry/grok" });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: "provider_unauthenticated", type: "api_error" } });
  });
});

describe("a deployment", () => {
  it("trap 102: bears a name of its own, at every address and in the body", async () => {
    upstream.behave(answerJson(ANSWER));
    const asked = { messages };
    for (const model of ["azure/gpt-4o", "classic/gpt-4o", "classic/a b/c", "foundry/grok-4"]) {
      expect((await openai.chat.completions.create({ model, ...asked })).choices[0]?.message.content).toBe("Hello");
    }
    expect(upstream.seen.map(({ path, json }) => [path, json().model])).toEqual([
      ["/openai/v1/chat/completions", "prod"],
      ["/openai/deployments/prod/chat/completions?api-version=2024-10-21", "prod"],
      ["/openai/deployments/a%20b%2Fc/chat/completions?api-version=2024-10-21", "a b/c"],
      ["/models/chat/completions?api-version=2024-05-01-preview", "grok-4"],
    ]);
    expect(upstream.seen.every(({ headers }) => headers["api-key"] === "azure-key")).toBe(true);
  });

  it("trap 102: is asked in translation too, as the model that it serves takes it", async () => {
    upstream.behave(answerJson(ANSWER));
    await anthropic.messages.create({ model: "azure/gpt-4o", max_tokens: 9, messages });
    expect(upstream.seen[0]?.json()).toMatchObject({ model: "prod", max_tokens: 9 });
    await anthropic.messages.create({ model: "azure/gpt-5", max_tokens: 9, messages });
    expect(upstream.seen[1]?.json()).toMatchObject({ model: "gpt-5", max_completion_tokens: 9 });
  });

  it("makes embeddings, legacy completions and Responses at their own paths", async () => {
    const vector = {
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      model: "m",
      usage: { prompt_tokens: 1, total_tokens: 1 },
    };
    upstream.behave(answerJson(vector));
    const embedded = await openai.embeddings.create({
      model: "azure/text-embedding-3-small",
      input: "Hi",
      encoding_format: "float",
    });
    expect(embedded.data[0]?.embedding).toEqual([0.5]);
    const completed = {
      id: "c",
      object: "text_completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, text: "Hello", finish_reason: "stop", logprobs: null }],
      usage: USAGE,
    };
    upstream.behave(answerJson(completed));
    const completion = await openai.completions.create({ model: "classic/instruct", prompt: "Hi" });
    expect(completion.choices[0]?.text).toBe("Hello");
    const filters = [{ blocked: false, source_type: "prompt", content_filter_results: ALL_SAFE }];
    upstream.behave(answerJson({ ...RESPONSE, content_filters: filters }));
    const response = await openai.responses.create({ model: "azure/gpt-4o", input: "Hi" });
    expect(response.output_text).toBe("Hello");
    // trap 104: an array that OpenAI's own answers do not have.
    expect(response).toMatchObject({ content_filters: filters });
    expect(upstream.seen.map(({ path, json }) => [path, json().model])).toEqual([
      ["/openai/v1/embeddings", "vectors"],
      ["/openai/deployments/instruct/completions?api-version=2024-10-21", "instruct"],
      ["/openai/v1/responses", "prod"],
    ]);
  });
});

const RESPONSE = {
  id: "resp_1",
  object: "response",
  created_at: 1_700_000_000,
  status: "completed",
  model: "gpt-4o-2024-11-20",
  output: [
    {
      id: "msg_1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello", annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 9,
    output_tokens: 2,
    total_tokens: 11,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  },
};

describe("a provider with an application in Entra ID", () => {
  const ask = { model: "entra/gpt-4o", messages };

  it("sends a token that it asked for once, and tells a refusal of it without its secrets", async () => {
    tokens.behave(answerJson({ error: "invalid_client", error_description: "AADSTS7000215: hush-hush" }, 401));
    const refused = await post(ask);
    expect(refused.status).toBe(502);
    const text = await refused.text();
    expect(text).toContain("AADSTS7000215");
    expect(text).not.toContain("hush-hush");
    expect(upstream.seen).toHaveLength(0);

    tokens.seen.length = 0;
    tokens.behave(answerJson({ access_token: "entra-token-1", expires_in: 3600 }));
    upstream.behave(answerJson(ANSWER));
    await Promise.all([1, 2, 3, 4].map(() => openai.chat.completions.create(ask)));
    await openai.chat.completions.create(ask);
    expect(tokens.seen.map(({ path }) => path)).toEqual(["/t/oauth2/v2.0/token"]);
    expect(upstream.seen.map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 5 }, () => "Bearer entra-token-1"),
    );
    expect(upstream.seen[0]?.headers["api-key"]).toBeUndefined();
  });
});
