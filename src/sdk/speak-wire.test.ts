import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../../test/kits/upstream.js";
import {
  ChatRequestSchema,
  type Chunk,
  chunks,
  CompletionSchema,
  create,
  EmbeddingRequestSchema,
  EmbeddingResultSchema,
  errorFromStatus,
  FinishReason,
  fold,
  ParlanceError,
  type Provider,
  type ProviderCall,
  Role,
  speakWire,
  type TargetDialect,
  type TargetEmbeddingDialect,
  type Wire,
} from "./index.js";

/** A dialect of three words: `{"say":[...]}` in, events of words and `done` out. */
const words: TargetDialect = {
  name: "words",
  encodeRequest(request, { model, stream, traits, losses }) {
    if (request.seed !== undefined) losses.drop("seed", "There is none.");
    return JSON.stringify({ model, stream, most: traits.maxOutputTokens });
  },
  decodeResponse(text) {
    const { say } = JSON.parse(text) as { say: string };
    return create(CompletionSchema, {
      id: "w",
      choices: [
        {
          index: 0,
          message: { role: Role.ASSISTANT, parts: [{ kind: { case: "text", value: { text: say } } }] },
          finish: { reason: FinishReason.STOP },
        },
      ],
    });
  },
  streamDecoder() {
    let begun = false;
    return {
      decode({ data }, out) {
        if (data === "bad") throw new ParlanceError("provider_overloaded", "Too many words.");
        if (!begun) {
          out.push(chunks.completionStart({ id: "w" }), chunks.partStart(0, 0, { kind: { case: "text", value: {} } }));
        }
        begun = true;
        if (data !== "done") out.push(chunks.textDelta(0, 0, data));
        else out.push(chunks.partEnd(0, 0), chunks.finish(0, { reason: FinishReason.STOP }), chunks.completionEnd());
      },
      end() {
        throw new ParlanceError("stream_unfinished", "The words ended.");
      },
    };
  },
  tokenCount: {
    encodeRequest: (_request, { model }) => JSON.stringify({ count: model }),
    decodeResponse: (text) => (JSON.parse(text) as { tokens: number }).tokens,
  },
  decodeError: (status, headers, body) => errorFromStatus(status, headers, { message: body.toString() }),
};

const numbers: TargetEmbeddingDialect = {
  ...words,
  name: "numbers",
  encodeRequest(request, { model, losses }) {
    if (request.dimensions !== undefined) losses.drop("dimensions", "They are fixed.");
    return JSON.stringify({ model, inputs: request.inputs.length });
  },
  decodeResponse: (text) =>
    create(EmbeddingResultSchema, {
      embeddings: (JSON.parse(text) as number[]).map((value, index) => ({ index, vector: [value] })),
    }),
};

let upstream: TestUpstream;
let provider: Provider;
let closed = 0;

beforeEach(async () => {
  upstream = await startUpstream();
  provider = spoken();
});
afterEach(async () => {
  await provider.close?.();
  await upstream.close();
});

function spoken(wire: Partial<Wire> = {}): Provider {
  return speakWire(
    {
      wire: {
        baseUrl: `${upstream.url}/v1`,
        headers: { "X-Key": "k" },
        chat: { dialect: "words", path: "/models/{model:segment}:say", streamPath: "/models/{model}:stream?a=b" },
        embeddings: { dialect: numbers, path: "/embed" },
        tokenCount: { path: "/count" },
        ...wire,
      },
      models: [{ name: "m", operations: ["complete"] }],
      traits: (model) => ({ maxOutputTokens: model.length }),
      close: () => void (closed += 1),
    },
    {
      chat: new Map([["words", words]]),
      embeddings: new Map(),
      headers: { "x-operator": "o" },
      timeouts: { firstByteMs: 500, idleMs: 500 },
      userAgent: "test/1",
    },
  );
}

const call = (given: Partial<ProviderCall> = {}): ProviderCall => ({
  model: "a/b",
  requestId: "r",
  signal: new AbortController().signal,
  stream: true,
  ...given,
});

async function complete(
  given: Partial<ProviderCall> = {},
  request: { seed?: bigint; strict?: boolean } = {},
): Promise<Chunk[]> {
  const out: Chunk[] = [];
  const chat = create(ChatRequestSchema, { ...request, model: "public" });
  for await (const chunk of provider.complete?.(chat, call(given)) ?? []) out.push(chunk);
  return out;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: ParlanceError) => error.code,
  );

describe("a wire provider that speaks for itself", () => {
  it("makes the call as the gateway would, and streams the answer", async () => {
    upstream.behave(answerSse("data: Hel\n\ndata: lo\n\ndata: done\n\n", [3]));
    const answer = fold(await complete({}, { seed: 1n }));
    expect(answer.choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ text: "Hello" });
    expect(answer.losses).toMatchObject([{ path: "seed" }]);
    expect(upstream.seen).toHaveLength(1);
    expect(upstream.seen[0]).toMatchObject({ method: "POST", path: "/v1/models/a/b:stream?a=b" });
    expect(upstream.seen[0]?.headers).toMatchObject({
      "x-key": "k",
      "x-operator": "o",
      "user-agent": "test/1",
      "content-type": "application/json",
    });
    expect(upstream.seen[0]?.json()).toEqual({ model: "a/b", stream: true, most: 3 });
  });

  it("asks for a whole answer where the caller wants no stream", async () => {
    upstream.behave(answerJson({ say: "Hello" }));
    const answer = fold(await complete({ stream: false }, { seed: 1n }));
    expect(answer.choices[0]?.message?.parts[0]?.kind.value).toMatchObject({ text: "Hello" });
    expect(answer.losses).toMatchObject([{ path: "seed" }]);
    expect(upstream.seen[0]).toMatchObject({ path: "/v1/models/a%2Fb:say" });
  });

  it("refuses a loss where the request is strict, without a call", async () => {
    expect(await codeOf(complete({}, { seed: 1n, strict: true }))).toBe("unsupported");
    expect(upstream.seen).toEqual([]);
  });

  it("signs each call anew, over what is sent", async () => {
    upstream.behave(answerJson({ say: "Hello" }));
    const signed: unknown[] = [];
    provider = spoken({
      authorize: (unsigned) => {
        signed.push(unsigned);
        return Promise.resolve({ "x-signature": String(signed.length) });
      },
    });
    await complete({ stream: false });
    await complete({ stream: false });
    expect(upstream.seen.map(({ headers }) => headers["x-signature"])).toEqual(["1", "2"]);
    expect(signed[0]).toMatchObject({
      method: "POST",
      url: `${upstream.url}/v1/models/a%2Fb:say`,
      headers: { "x-key": "k" },
      body: '{"model":"a/b","stream":false,"most":3}',
    });
  });

  it("tells that there is no credential without a word of why", async () => {
    provider = spoken({ authorize: () => Promise.reject(new Error("secret")) });
    const error = await complete().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "provider_unauthenticated" });
    expect((error as Error).message).not.toContain("secret");
  });

  it("makes embeddings, with their losses", async () => {
    upstream.behave(answerJson([1, 2]));
    const inputs = ["a", "b"].map((text) => ({ kind: { case: "text", value: text } as const }));
    const request = create(EmbeddingRequestSchema, { inputs, dimensions: 4 });
    const result = await provider.embed?.(request, call({ stream: false }));
    expect(result?.embeddings.map(({ vector }) => vector)).toEqual([[1], [2]]);
    expect(result?.losses).toMatchObject([{ path: "dimensions" }]);
    expect(upstream.seen[0]).toMatchObject({ path: "/v1/embed" });
  });

  it("counts tokens", async () => {
    upstream.behave(answerJson({ tokens: 7 }));
    expect(await provider.countTokens?.(create(ChatRequestSchema), call({ stream: false }))).toBe(7);
    expect(upstream.seen[0]?.json()).toEqual({ count: "a/b" });
  });

  it("names a model as its server does, in the path and the body", async () => {
    provider = spoken({ names: { "a/b": "prod" } });
    upstream.behave(answerJson({ say: "Hi" }));
    await complete({ stream: false });
    upstream.behave(answerJson([1]));
    await provider.embed?.(create(EmbeddingRequestSchema, {}), call());
    expect(upstream.seen.map(({ path, json }) => [path, json().model])).toEqual([
      ["/v1/models/prod:say", "prod"],
      ["/v1/embed", "prod"],
    ]);
    // What a model can do is known by its own name.
    expect(upstream.seen[0]?.json()).toMatchObject({ most: 3 });
  });

  it("counts tokens in the server's form", async () => {
    provider = spoken({ tokenCount: { path: "/count", rewrite: (body) => `{"wrapped":${body}}` } });
    upstream.behave(answerJson({ tokens: 7 }));
    expect(await provider.countTokens?.(create(ChatRequestSchema), call())).toBe(7);
    expect(upstream.seen[0]?.json()).toEqual({ wrapped: { count: "a/b" } });
  });

  it("tells the plugin that its credential was refused", async () => {
    let refused = 0;
    provider = spoken({ authorize: () => ({}), refused: () => void (refused += 1) });
    for (const status of [403, 401]) {
      upstream.behave(answerJson("no", status));
      expect(await codeOf(complete())).toBe("provider_unauthenticated");
    }
    expect(refused).toBe(2);
  });

  it("tells a refusal in the dialect's words", async () => {
    upstream.behave(answerJson("Slow down.", 429, { "retry-after": "3" }));
    const error = await complete().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "provider_rate_limited",
      message: "Slow down.",
      facts: { retryAfterMs: 3000, providerStatus: 429 },
    });
  });

  it.each([
    ["that is cut off", "stream_truncated", (_end: () => void, cut: () => void) => cut()],
    ["that ends before its end", "stream_unfinished", (end: () => void) => end()],
    ["that stalls", "stream_stalled", () => {}],
  ])("never takes a stream %s for a whole answer", async (_how, code, then) => {
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: Hel\n\n", () =>
        then(
          () => response.end(),
          () => response.destroy(),
        ),
      );
    });
    expect(await codeOf(complete())).toBe(code);
  });

  it("gives what came before an error in the stream, then the error", async () => {
    upstream.behave(answerSse("data: Hel\n\ndata: bad\n\n"));
    const seen: (string | undefined)[] = [];
    const read = async (): Promise<void> => {
      for await (const { event } of provider.complete?.(create(ChatRequestSchema), call()) ?? []) seen.push(event.case);
    };
    expect(await codeOf(read())).toBe("provider_overloaded");
    expect(seen).toEqual(["completionStart", "partStart", "textDelta"]);
  });

  it("reads an answer that came whole where a stream was asked for", async () => {
    upstream.behave(answerJson({ say: "Hello" }));
    expect((await complete()).at(-1)?.event.case).toBe("completionEnd");
  });

  it("refuses an answer of another content type, streamed or not, and hangs up", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).write("<html>");
    });
    expect(await codeOf(complete())).toBe("wrong_content_type");
    expect(await codeOf(complete({ stream: false }))).toBe("wrong_content_type");
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });

  it("goes on with one connection after a stream has ended", async () => {
    upstream.behave(answerSse("data: Hello\n\ndata: done\n\n", [8]));
    await complete();
    await expect.poll(async () => (await complete()).length).toBeGreaterThan(0);
    expect(upstream.openSockets()).toBeLessThanOrEqual(2);
  });

  it("does not wait for a server that does not hang up after the end", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: Hello\n\ndata: done\n\n");
    });
    expect((await complete()).at(-1)?.event.case).toBe("completionEnd");
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });

  it("closes its connection when its reader leaves", async () => {
    upstream.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: Hello\n\n");
    });
    for await (const _ of provider.complete?.(create(ChatRequestSchema), call()) ?? []) break;
    await expect.poll(() => upstream.openSockets()).toBe(0);
  });

  it("keeps its models and traits, shows no wire and closes what it was made from", async () => {
    expect(provider.wire).toBeUndefined();
    expect(provider.models).toEqual([{ name: "m", operations: ["complete"] }]);
    expect(provider.traits?.("four")).toEqual({ maxOutputTokens: 4 });
    const before = closed;
    await provider.close?.();
    expect(closed).toBe(before + 1);
  });

  it("is the same provider where there is no wire", () => {
    const own: Provider = { countTokens: () => Promise.resolve(1) };
    expect(speakWire(own, { chat: new Map(), embeddings: new Map() })).toBe(own);
  });
});
