import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DoorKeys, behindDoor } from "../kits/amazon-door.js";
import { amazonFrames, answerFrames, type FrameSpec } from "../kits/amazon-frames.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const REGION = "eu-west-3";
const KEYS: DoorKeys = {
  accessKeyId: "AKIATESTTESTTEST",
  secretAccessKey: "a/very+secret/key/of+forty/characters",
  sessionToken: "session-token-of-a-role",
};

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  const place = `base_url: "${upstream.url}"`;
  const keys = `region: ${REGION}, access_key_id: ${KEYS.accessKeyId}, secret_access_key: "${KEYS.secretAccessKey}", session_token: ${KEYS.sessionToken}`;
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  signed: { plugin: bedrock, ${place}, settings: { ${keys} } }
  aws: { plugin: bedrock, ${place}, api_key: bearer-key-of-test }
  other: { plugin: bedrock, ${place}, api_key: another-key-of-test }
  guarded:
    plugin: bedrock
    ${place}
    api_key: bearer-key-of-test
    settings: { guardrail: { identifier: g1, version: "2", trace: enabled, stream_processing_mode: async }, latency: optimized, betas: [a-2025] }
models:
  two: { targets: [{ provider: aws, model: first }, { provider: other, model: second, priority: 1 }] }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const messages = [{ role: "user" as const, content: "Hi" }];
const answer = (content: object[], more: object = {}) => ({
  metrics: { latencyMs: 7 },
  output: { message: { role: "assistant", content } },
  stopReason: "end_turn",
  usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 },
  ...more,
});
const hello = answer([{ text: "Hello" }]);
const frame = (name: string, payload: object): FrameSpec => ({ name, payload: { ...payload, p: "abcdefgh" } });
const delta = (index: number, inner: object) => frame("contentBlockDelta", { contentBlockIndex: index, delta: inner });
const thrown = (name: string, payload: object): FrameSpec => ({ name, payload, exception: true });
const START = frame("messageStart", { role: "assistant" });
const STOP = frame("messageStop", { stopReason: "end_turn" });
const METADATA = frame("metadata", {
  usage: { inputTokens: 3, outputTokens: 4, cacheReadInputTokens: 10, cacheWriteInputTokens: 20, totalTokens: 37 },
  metrics: { latencyMs: 1 },
});
const refusal = (name: string, message: string, status: number): Behaviour =>
  answerJson({ message }, status, {
    "x-amzn-errortype": `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
  });
const ask = (model: string) => client.chat.completions.create({ model, messages });
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: InstanceType<typeof OpenAI.APIError>) => error,
  );
const stream = (model = "aws/any") =>
  client.chat.completions.stream({ model, messages, stream: true, stream_options: { include_usage: true } });

describe("a signed call", () => {
  it.each([
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "arn:aws:bedrock:eu-west-3:012345678901:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:eu-west-3:012345678901:application-inference-profile/a1b2c3",
  ])("trap 98: is let in by a door that reckons with another library than ours: %s", async (model) => {
    upstream.behave(behindDoor(KEYS, REGION, answerJson(hello)));
    expect((await ask(`signed/${model}`)).choices[0]?.message.content).toBe("Hello");
    const seen = upstream.seen.at(-1);
    expect(seen?.path).toBe(`/model/${encodeURIComponent(model)}/converse`);
    expect(seen?.headers["x-amz-security-token"]).toBe(KEYS.sessionToken);
    expect(seen?.headers.authorization).toContain(
      `/${REGION}/bedrock/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token`,
    );
  });

  it("is let in for streams, embeddings and counts too", async () => {
    upstream.behave(behindDoor(KEYS, REGION, answerFrames([START, delta(0, { text: "Hi" }), STOP, METADATA])));
    expect((await stream("signed/m:0").finalChatCompletion()).choices[0]?.message.content).toBe("Hi");
    expect(upstream.seen.at(-1)?.path).toBe("/model/m%3A0/converse-stream");
    upstream.behave(behindDoor(KEYS, REGION, answerJson({ embedding: [1, 2], inputTextTokenCount: 3 })));
    const made = await client.embeddings.create({
      model: "signed/amazon.titan-embed-text-v2:0",
      input: "Hi",
      encoding_format: "float",
    });
    expect(made.data[0]?.embedding).toEqual([1, 2]);
    expect(made.usage.prompt_tokens).toBe(3);
    upstream.behave(behindDoor(KEYS, REGION, answerJson({ inputTokens: 11 })));
    expect(await count("signed/anthropic.claude-x")).toMatchObject({ inputTokens: 11 });
  });

  it("trap 98: that is refused is the gateway's own fault, and quotes no secret", async () => {
    upstream.behave(refusal("InvalidSignatureException", `no: ${KEYS.secretAccessKey} and ${KEYS.sessionToken}`, 403));
    const error = await errorOf(ask("signed/m"));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error?.status).toBe(502);
    expect(error?.code).toBe("provider_unauthenticated");
    expect(error?.message).toContain("no: [hidden] and [hidden]");
    expect(JSON.stringify(error?.error)).not.toContain(KEYS.secretAccessKey);
    expect(JSON.stringify(error?.error)).not.toContain(KEYS.sessionToken);
  });

  it("trap 98: by a wrong clock is refused with a hint", async () => {
    upstream.behave(
      refusal(
        "InvalidSignatureException",
        "Signature expired: 20261121T100000Z is now earlier than 20261121T101500Z (20261121T102000Z - 5 min.)",
        403,
      ),
    );
    const error = await errorOf(ask("signed/m"));
    expect(error?.status).toBe(502);
    expect(error?.message).toContain("set the clock");
  });
});

async function count(model: string): Promise<unknown> {
  const response = await fetch(`${gateway.url}/parlance.v1.CompletionService/CountTokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      chat: { model, messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi there" } }] }] },
    }),
  });
  return response.json();
}

describe("a call with an API key", () => {
  it("carries it as a bearer token, and nothing is signed", async () => {
    upstream.behave(answerJson(hello));
    await ask("aws/any");
    expect(upstream.seen.at(-1)?.headers.authorization).toBe("Bearer bearer-key-of-test");
    expect(upstream.seen.at(-1)?.headers["x-amz-date"]).toBeUndefined();
    expect(upstream.seen.at(-1)?.json()).toEqual({ messages: [{ role: "user", content: [{ text: "Hi" }] }] });
  });

  it("carries what the operator has set: guardrail, latency, betas of Claude", async () => {
    upstream.behave(answerJson(hello));
    await ask("guarded/us.anthropic.claude-sonnet-5");
    const guardrailConfig = { guardrailIdentifier: "g1", guardrailVersion: "2", trace: "enabled" };
    expect(upstream.seen.at(-1)?.json()).toMatchObject({
      guardrailConfig,
      performanceConfig: { latency: "optimized" },
      additionalModelRequestFields: { anthropic_beta: ["a-2025"] },
    });
    upstream.behave(answerFrames([START, STOP, METADATA]));
    await stream("guarded/amazon.nova-lite-v1:0").finalChatCompletion();
    expect(upstream.seen.at(-1)?.json()).toMatchObject({
      guardrailConfig: { ...guardrailConfig, streamProcessingMode: "async" },
    });
    expect(upstream.seen.at(-1)?.json()).not.toHaveProperty("additionalModelRequestFields");
  });

  it("estimates the count of a model that cannot count", async () => {
    upstream.behave(refusal("ValidationException", "The provided model doesn't support counting tokens.", 400));
    expect(await count("aws/us.amazon.nova-lite-v1:0")).toMatchObject({ estimated: true });
  });
});

describe("a stream", () => {
  it("trap 92: opens blocks that never begin, and drops the padding", async () => {
    upstream.behave(
      answerFrames(
        [
          START,
          delta(0, { text: "" }),
          delta(0, { text: "Hel" }),
          delta(0, { text: "lo" }),
          frame("contentBlockStop", { contentBlockIndex: 0 }),
          STOP,
          METADATA,
        ],
        [3, 50, 1],
      ),
    );
    let raw = "";
    const running = stream();
    for await (const chunk of running) raw += JSON.stringify(chunk);
    expect((await running.finalChatCompletion()).choices[0]?.message.content).toBe("Hello");
    expect(raw).not.toContain("abcdefgh");
  });

  it("trap 93: trap 95: is whole only with its usage, in which the cache is counted", async () => {
    upstream.behave(answerFrames([START, delta(0, { text: "Hi" }), STOP, METADATA]));
    const { usage } = await stream().finalChatCompletion();
    expect(usage).toMatchObject({
      prompt_tokens: 33,
      completion_tokens: 4,
      total_tokens: 37,
      prompt_tokens_details: { cached_tokens: 10 },
    });
  });

  it("trap 91: that fails before its first word is answered by the next target, with the error's own status if there is none", async () => {
    const failing = answerFrames([thrown("throttlingException", { message: "Too many tokens, please wait." })]);
    upstream.behave((request, response) =>
      request.path.includes("first")
        ? failing(request, response)
        : answerFrames([START, delta(0, { text: "second" }), STOP, METADATA])(request, response),
    );
    expect((await stream("two").finalChatCompletion()).choices[0]?.message.content).toBe("second");
    upstream.behave(failing);
    const error = await errorOf(stream().finalChatCompletion());
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error?.message).toContain("Too many tokens");
  });

  it.each([
    [
      "modelStreamErrorException",
      { message: "It broke", originalStatusCode: 500, originalMessage: "x" },
      "provider_error",
    ],
    ["internalServerException", { message: "It broke" }, "provider_error"],
    ["serviceUnavailableException", { message: "It broke" }, "provider_overloaded"],
    ["throttlingException", { message: "It broke" }, "rate_limit_exceeded"],
    ["validationException", { message: "It broke" }, null],
  ])(
    "trap 91: that fails with %s after its first word ends with an error, not like an answer",
    async (name, payload, code) => {
      upstream.behave(answerFrames([START, delta(0, { text: "Hel" }), thrown(name, payload)], [11, 2, 90]));
      let text = "";
      const failure = await errorOf(
        (async () => {
          const chunks = await client.chat.completions.create({ model: "aws/any", messages, stream: true });
          for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? "";
        })(),
      );
      expect(text).toBe("Hel");
      expect(failure?.message).toContain("It broke");
      expect(failure?.code).toBe(code);
    },
  );

  it("that is cut off, or whose bytes are bent, is told as broken", async () => {
    upstream.behave(answerFrames([START, delta(0, { text: "Hel" })]));
    expect((await errorOf(stream().finalChatCompletion()))?.message).toContain("before the answer was whole");
    const bent = amazonFrames([START, delta(0, { text: "Hello" }), STOP]);
    bent.writeUInt8(bent.readUInt8(200) ^ 1, 200);
    upstream.behave(answerFrames(bent));
    expect((await errorOf(stream().finalChatCompletion()))?.message).toContain("checksum");
  });
});

describe("a refusal", () => {
  it.each([
    ["ThrottlingException", "Too many requests", 429, 429, "rate_limit_exceeded"],
    ["ServiceQuotaExceededException", "Quota", 400, 429, "rate_limit_exceeded"],
    ["ModelNotReadyException", "Not yet", 429, 503, "provider_overloaded"],
    ["ModelErrorException", "The model failed", 424, 502, "provider_error"],
    ["ModelTimeoutException", "Too slow", 408, 504, "provider_timeout"],
    ["ResourceNotFoundException", "Could not resolve the foundation model", 404, 404, "model_not_found"],
    ["ResourceNotFoundException", "The guardrail identifier does not exist", 404, 404, "unknown_url"],
    ["UnknownOperationException", "No such operation", 404, 404, "unknown_url"],
    ["AccessDeniedException", "You don't have access to the model", 403, 502, "provider_unauthenticated"],
    [
      "ExpiredTokenException",
      "The security token included in the request is expired",
      403,
      502,
      "provider_unauthenticated",
    ],
    ["ValidationException", "Input is too long for requested model.", 400, 400, "context_length_exceeded"],
    [
      "ValidationException",
      "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
      400,
      400,
      "context_length_exceeded",
    ],
    ["ValidationException", "max_tokens: must be greater than 0", 400, 400, null],
  ])("trap 151: of %s (%s, %i) is %i %s", async (name, message, status, http, code) => {
    upstream.behave(refusal(name, message, status));
    const error = await errorOf(ask("aws/any"));
    expect(error?.status).toBe(http);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(message);
  });
});

describe("reasoning", () => {
  const signed = { reasoningContent: { reasoningText: { text: "I think", signature: "c2VhbA==" } } };
  const redacted = { reasoningContent: { redactedContent: "aGlkZGVu" } };
  interface Block {
    type: string;
  }
  const anthropic = async (model: string, conversation: object[]): Promise<{ content: Block[] }> => {
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": "any" },
      body: JSON.stringify({
        model,
        max_tokens: 4000,
        messages: conversation,
        thinking: { type: "enabled", budget_tokens: 1024 },
      }),
    });
    return (await response.json()) as { content: Block[] };
  };
  const MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

  it("goes back to its maker as it came, and to no other", async () => {
    upstream.behave(answerJson(answer([signed, redacted, { text: "So" }])));
    const { content } = await anthropic(`aws/${MODEL}`, messages);
    expect(content.map(({ type }) => type)).toEqual(["thinking", "thinking", "text"]);
    expect(upstream.seen.at(-1)?.json()).toMatchObject({
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } },
    });
    const again = [...messages, { role: "assistant", content }, { role: "user", content: "And?" }];
    upstream.behave(answerJson(hello));
    await anthropic(`aws/${MODEL}`, again);
    expect(sent()).toEqual([signed, redacted, { text: "So" }]);
    await anthropic(`other/${MODEL}`, again);
    expect(sent()).toEqual([{ text: "So" }]);
  });

  it("whose seal the model refuses is left out, and the target asked once more", async () => {
    upstream.behave(answerJson(answer([signed, { text: "So" }])));
    const { content } = await anthropic(`aws/${MODEL}`, messages);
    upstream.behave((request, response) =>
      request.body.includes("c2VhbA==")
        ? refusal(
            "ValidationException",
            "messages.1.content.0: Invalid `signature` in `thinking` block",
            400,
          )(request, response)
        : answerJson(hello)(request, response),
    );
    const again = await anthropic(`aws/${MODEL}`, [
      ...messages,
      { role: "assistant", content },
      { role: "user", content: "And?" },
    ]);
    expect(again.content).toMatchObject([{ type: "text", text: "Hello" }]);
    expect(sent()).toEqual([{ text: "So" }]);
  });

  function sent(): unknown {
    const body = upstream.seen.at(-1)?.json() as { messages: { content: unknown }[] } | undefined;
    return body?.messages[1]?.content;
  }
});

describe("embeddings", () => {
  it("of Cohere are of many texts a call, whose usage is not told", async () => {
    upstream.behave(
      answerJson({
        id: "e",
        embeddings: {
          float: [
            [1, 2],
            [3, 4],
          ],
        },
        texts: ["a", "b"],
        response_type: "embeddings_by_type",
      }),
    );
    const made = await client.embeddings.create({
      model: "aws/cohere.embed-v4:0",
      input: ["a", "b"],
      dimensions: 256,
      encoding_format: "float",
    });
    expect(made.data.map(({ embedding }) => embedding)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(upstream.seen.at(-1)?.path).toBe("/model/cohere.embed-v4%3A0/invoke");
    expect(upstream.seen.at(-1)?.json()).toEqual({
      input_type: "search_document",
      embedding_types: ["float"],
      texts: ["a", "b"],
      output_dimension: 256,
    });
  });

  it("of Titan are of one text a call: two are refused by name, before the provider is asked", async () => {
    const before = upstream.seen.length;
    const error = await errorOf(
      client.embeddings.create({ model: "aws/amazon.titan-embed-text-v2:0", input: ["a", "b"] }),
    );
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error?.param).toBe("input");
    expect(upstream.seen).toHaveLength(before);
  });
});
