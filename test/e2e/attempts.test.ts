import { request as httpRequest } from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

const GOOD: Script = { text: "from the second", finish: "stop", inputTokens: 10, outputTokens: 3 };
const stream = openAiStream({ text: "one two three", finish: "stop", inputTokens: 1, outputTokens: 3 });
const half = stream.slice(0, stream.indexOf("two"));

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1", timeouts: { first_byte: 1s, idle: 1s } }
  b: { plugin: openai, base_url: "${second.url}/v1" }
models:
  smart:
    targets:
      - { provider: b, model: second, priority: 1, price: { input: "2.50", output: "10" } }
      - { provider: a, model: first, priority: 0 }
  alone: { targets: [{ provider: a, model: first }] }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  first.seen.length = 0;
  second.seen.length = 0;
  second.behave((request, response) =>
    (request.json().stream === true ? answerSse(openAiStream(GOOD)) : answerJson(openAiAnswer(GOOD)))(
      request,
      response,
    ),
  );
});

afterAll(async () => {
  await gateway.stop();
  await first.close();
  await second.close();
});

const ask = { model: "smart", messages: [{ role: "user" as const, content: "Hi" }] };
const refuse = (status: number): Behaviour => answerJson({ error: { message: "no" } }, status);

/** What a target may do before any content, and that another target can make good. */
const recoverable: readonly (readonly [string, Behaviour])[] = [
  ...[401, 403, 408, 429, 500, 502, 503, 529].map((status) => [`answers ${status}`, refuse(status)] as const),
  ["closes the connection", (_request, response) => void response.destroy()],
  ["does not answer in time", () => {}],
  [
    "answers with a page",
    (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>hi"),
  ],
  ["answers 200 with an error", answerJson({ error: { message: "overloaded", code: 503 } })],
];
const recoverableStreams: typeof recoverable = [
  ["tells an error event", answerSse('data: {"error":{"message":"overloaded"}}\n\n')],
  ["ends before any content", answerSse(": wait\n\n")],
  [
    "is cut before any content",
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(stream.slice(0, stream.indexOf("one") - 200), () => response.destroy());
    },
  ],
  [
    "stalls before any content",
    (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(": wait\n\n"),
  ],
];

describe("the next target answers, and the client never knows, when the first", () => {
  it.each(recoverable)("%s", async (_name, behaviour) => {
    first.behave(behaviour);
    const { data, response } = await client.chat.completions.create(ask).withResponse();
    expect(data.choices[0]?.message.content).toBe("from the second");
    expect(response.headers.get("x-parlance-attempts")).toBe("2");
    expect(response.headers.get("x-parlance-target")).toBe("b/second");
    expect(response.headers.get("x-parlance-cost")).toBe("0.000055");
  });

  it.each([...recoverable, ...recoverableStreams])("%s, streamed", async (_name, behaviour) => {
    first.behave(behaviour);
    const answer = await client.chat.completions.stream({ ...ask, stream: true }).finalContent();
    expect(answer).toBe("from the second");
    expect(first.seen).toHaveLength(1);
  });
});

describe("an attempt that failed for good", () => {
  it("is not repeated elsewhere when the request itself is at fault", async () => {
    first.behave(refuse(400));
    await expect(client.chat.completions.create(ask)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    expect(second.seen).toHaveLength(0);
  });

  it.each([
    [
      "cut",
      (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`${half}"`, () => response.destroy());
      },
    ],
    ["closed without a finish", answerSse(half)],
    [
      "stalled",
      (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(half),
    ],
    [
      "failed by an error event",
      answerSse(`${half.slice(0, half.lastIndexOf("data:"))}data: {"error":{"message":"boom"}}\n\n`),
    ],
  ] satisfies readonly (readonly [string, Behaviour])[])(
    "tells the client after the commit that its stream was %s",
    async (_name, behaviour) => {
      first.behave(behaviour);
      let text = "";
      const reading = (async () => {
        for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
          text += chunk.choices[0]?.delta.content ?? "";
        }
      })();
      await expect(reading).rejects.toBeInstanceOf(OpenAI.APIError);
      expect(text.trim()).toBe("one");
      expect(second.seen).toHaveLength(0);
    },
  );

  it("tells every attempt when none could answer", async () => {
    first.behave(refuse(500));
    second.behave(refuse(429));
    const error = await client.chat.completions.create(ask).then(
      () => expect.fail("it answered"),
      (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
    );
    expect(error.status).toBe(503);
    expect(error.message).toContain("a/first");
    expect(error.message).toContain("b/second");
    expect(JSON.stringify(error.error)).toContain('"attempts"');
  });
});

describe("a client that leaves", () => {
  it("closes the provider's socket", async () => {
    let closedAt = 0;
    first.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(half.slice(0, half.lastIndexOf("data:")));
      response.on("close", () => {
        closedAt = performance.now();
      });
    });
    const leftAt = await new Promise<number>((resolve, reject) => {
      const sent = httpRequest(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
      });
      sent.on("response", (response) => {
        response.on("error", () => {});
        response.once("data", () => {
          resolve(performance.now());
          sent.destroy();
        });
      });
      sent.on("error", (error: NodeJS.ErrnoException) => error.code !== "ECONNRESET" && reject(error));
      sent.end(JSON.stringify({ ...ask, model: "alone", stream: true }));
    });
    while (closedAt === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(closedAt).toBeGreaterThan(leftAt - 1);
  });
});

describe("a slow client", () => {
  it("makes the provider wait", async () => {
    const event = `data: {"choices":[{"index":0,"delta":{"content":"${"x".repeat(16_000)}"},"finish_reason":null}]}\n\n`;
    let written = 0;
    let blocked = false;
    first.behave((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const more = (): void => {
        while (written < 50_000_000) {
          written += event.length;
          if (response.write(event)) continue;
          blocked = true;
          response.once("drain", more);
          return;
        }
        response.end(stream.slice(stream.indexOf('data: {"id"', stream.indexOf("three"))));
      };
      more();
    });
    const abort = new AbortController();
    await new Promise<void>((resolve) => {
      const sent = httpRequest(
        `${gateway.url}/v1/chat/completions`,
        { method: "POST", headers: { "content-type": "application/json" }, signal: abort.signal },
        (response) => {
          response.on("error", () => {});
          // One read, then none: what is written from here on is held by somebody.
          response.once("readable", () => resolve());
        },
      );
      sent.on("error", () => {});
      sent.end(JSON.stringify({ ...ask, model: "alone", stream: true }));
    });
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(blocked).toBe(true);
    // Kernel buffers of two loopback connections and a few reads; nothing near the 50 MB of the answer.
    expect(written).toBeLessThan(25_000_000);
    abort.abort();
  });
});
