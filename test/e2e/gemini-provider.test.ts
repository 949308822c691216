import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { google: { plugin: gemini, base_url: "${upstream.url}", api_key: test-key } }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const tools = [
  { type: "function" as const, function: { name: "look", parameters: { type: "object", properties: {} } } },
];
const ask = { model: "google/gemini-3-flash-preview", messages: [{ role: "user" as const, content: "Hi" }], tools };
const answer = (parts: object[], more: object = {}) => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 10 },
  modelVersion: "gemini-3-flash-preview",
  responseId: "r1",
});
const sse = (...events: object[]) => events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join("");
const signed = { functionCall: { name: "look", args: { a: 1 } }, thoughtSignature: "c2VhbA==" };

describe("a provider whose wire names the model and the stream in the path", () => {
  it("is asked at the path of the model, with its key", async () => {
    upstream.behave(answerJson(answer([{ text: "Hello" }], { finishReason: "STOP" })));
    const completion = await client.chat.completions.create(ask);
    const request = upstream.seen.at(-1);
    expect(request?.path).toBe("/v1beta/models/gemini-3-flash-preview:generateContent");
    expect(request?.headers["x-goog-api-key"]).toBe("test-key");
    expect(request?.json()).toEqual({
      contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      tools: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: { type: "object", properties: {} } }] }],
    });
    expect(completion.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello" } });
    expect(completion.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 });
  });

  it("is asked for a stream at another path", async () => {
    const events = [
      answer([{ text: "Hel" }]),
      answer([{ text: "lo" }]),
      answer([{ text: "" }], { finishReason: "STOP" }),
    ];
    upstream.behave(answerSse(sse(...events), [5, 1, 30]));
    const stream = client.chat.completions.stream({ ...ask, stream: true, stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(upstream.seen.at(-1)?.path).toBe("/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse");
    expect(completion.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello" } });
    expect(completion.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 5 });
  });

  it("has its tokens counted at a third", async () => {
    upstream.behave(answerJson({ totalTokens: 7 }));
    const response = await fetch(`${gateway.url}/parlance.v1.CompletionService/CountTokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        chat: { model: ask.model, messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
      }),
    });
    expect(await response.json()).toMatchObject({ inputTokens: 7 });
    expect(upstream.seen.at(-1)?.path).toBe("/v1beta/models/gemini-3-flash-preview:countTokens");
    expect(upstream.seen.at(-1)?.json()).toMatchObject({
      generateContentRequest: { model: "models/gemini-3-flash-preview" },
    });
  });

  it.each(["../secrets", "a/../../b", ".", "a//b"])(
    "is not asked at a path that a model's name leads away to: %s",
    async (name) => {
      const before = upstream.seen.length;
      await expect(client.chat.completions.create({ ...ask, model: `google/${name}` })).rejects.toBeInstanceOf(
        OpenAI.NotFoundError,
      );
      expect(upstream.seen).toHaveLength(before);
    },
  );
});

describe("the seal of a call", () => {
  it.each(["whole", "streamed"])("trap 78: comes back from a client that sends its message back (%s)", async (how) => {
    let message: OpenAI.ChatCompletionMessage | undefined;
    if (how === "whole") {
      upstream.behave(
        answerJson(answer([signed, { functionCall: { name: "look", args: {} } }], { finishReason: "STOP" })),
      );
      message = (await client.chat.completions.create(ask)).choices[0]?.message;
    } else {
      upstream.behave(
        answerSse(
          sse(
            answer([signed]),
            answer([{ functionCall: { name: "look" } }]),
            answer([{ text: "" }], { finishReason: "STOP" }),
          ),
        ),
      );
      message = (await client.chat.completions.stream({ ...ask, stream: true }).finalChatCompletion()).choices[0]
        ?.message;
    }
    const calls = message?.tool_calls ?? [];
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({ extra_content: { google: { thought_signature: "c2VhbA==" } } });
    // As clients that know Google's field keep the calls, and nothing else.
    const kept = { role: "assistant" as const, content: null, tool_calls: calls };
    const results = calls.toReversed().map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: "sunny" }));
    upstream.behave(answerJson(answer([{ text: "ok" }], { finishReason: "STOP" })));
    await client.chat.completions.create({ ...ask, messages: [...ask.messages, kept, ...results] });
    expect(upstream.seen.at(-1)?.json().contents).toEqual([
      { role: "user", parts: [{ text: "Hi" }] },
      { role: "model", parts: [signed, { functionCall: { name: "look", args: {} } }] },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "look", response: { result: "sunny" } } },
          { functionResponse: { name: "look", response: { result: "sunny" } } },
        ],
      },
    ]);
  });
});

describe("a refusal of the provider", () => {
  it("trap 89: of the gateway's key is not told as the caller's", async () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }];
    const error = {
      code: 400,
      message: "API key not valid. Please pass a valid API key.",
      status: "INVALID_ARGUMENT",
      details,
    };
    upstream.behave(answerJson({ error }, 400));
    const failed = await client.chat.completions.create(ask).catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(OpenAI.InternalServerError);
    expect((failed as InstanceType<typeof OpenAI.APIError>).status).toBe(502);
  });

  it("trap 81: of a prompt is an answer that was filtered, whole and streamed", async () => {
    const blocked = {
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    };
    upstream.behave(answerJson(blocked));
    const whole = await client.chat.completions.create(ask);
    expect(whole.choices).toHaveLength(1);
    expect(whole.choices[0]).toMatchObject({ finish_reason: "content_filter", message: { content: null } });
    expect(whole.choices[0]?.message.refusal).toContain("SAFETY");
    upstream.behave(answerSse(sse(blocked)));
    const finishes: unknown[] = [];
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      finishes.push(chunk.choices[0]?.finish_reason);
    }
    expect(finishes.at(-1)).toBe("content_filter");
  });

  it("in the middle of a stream is an error of the client's SDK", async () => {
    upstream.behave(answerSse(sse(answer([{ text: "Hel" }]))));
    const read = async () => {
      for await (const chunk of await client.chat.completions.create({ ...ask, stream: true }))
        expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
  });
});
