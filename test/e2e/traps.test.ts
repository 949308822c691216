import { request as httpRequest, type ServerResponse } from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const SCRIPT: Script = { text: "one two three", finish: "stop", inputTokens: 10, outputTokens: 3 };
const OVERLOADED =
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';

let openai: TestUpstream;
let anthropic: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  openai = await startUpstream();
  anthropic = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  openai: { base_url: "${openai.url}/v1", api_key: k }
  anthropic: { base_url: "${anthropic.url}", api_key: k }
models:
  both: { targets: [{ provider: anthropic, model: claude }, { provider: openai, model: gpt, priority: 1 }] }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await openai.close();
  await anthropic.close();
});

beforeEach(() => {
  openai.seen.length = 0;
  anthropic.seen.length = 0;
});

const ask = (model: string) => ({ model, messages: [{ role: "user" as const, content: "Hi" }] });

async function streamOf(
  model: string,
  more: object = {},
): Promise<{ response: Response; data: string[]; text: string }> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...ask(model), stream: true, ...more }),
  });
  const text = await response.text();
  return { response, text, data: [...text.matchAll(/^data: ?(.*)$/gm)].map((match) => match[1] ?? "") };
}

describe.each([
  ["verbatim", "openai/gpt"],
  ["translated", "anthropic/claude"],
])("a %s stream", (_lane, model) => {
  beforeEach(() => {
    openai.behave(answerSse(openAiStream(SCRIPT), [], { "content-encoding": "identity", connection: "close" }));
    anthropic.behave(answerSse(anthropicStream(SCRIPT)));
  });

  it("trap 126: ends with [DONE], once and last", async () => {
    const { data } = await streamOf(model);
    expect(data.filter((line) => line === "[DONE]")).toHaveLength(1);
    expect(data.at(-1)).toBe("[DONE]");
  });

  it("trap 127: tells usage in a chunk without choices, only to who asked for it", async () => {
    const usages = (data: string[]) =>
      data
        .filter((line) => line !== "[DONE]")
        .map((line) => JSON.parse(line) as { choices: unknown[]; usage?: { total_tokens: number } | null })
        .filter((chunk) => chunk.usage);
    expect(usages((await streamOf(model)).data)).toEqual([]);
    const asked = usages((await streamOf(model, { stream_options: { include_usage: true } })).data);
    expect(asked).toMatchObject([{ choices: [], usage: { total_tokens: 13 } }]);
    expect(gateway.records().at(-2)).toMatchObject({ input_tokens: 10, output_tokens: 3 });
  });

  it("trap 148: has the headers of a stream and none of the provider's connection", async () => {
    const { response } = await streamOf(model);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("content-length")).toBeNull();
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get("connection")).not.toBe("close");
  });

  it("trap 149: is stopped at the provider when the client leaves, before the first byte too, with what is known on the record", async () => {
    for (const first of ["", openAiStream(SCRIPT).slice(0, openAiStream(SCRIPT).indexOf("two"))]) {
      const before = gateway.records().length;
      const closed = new Promise<void>((resolve) => {
        const hang = (_request: unknown, response: ServerResponse): void => {
          response.on("close", resolve);
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(first === "" ? ": wait\n\n" : first);
          if (first === "") setTimeout(() => sent.destroy(), 50);
        };
        openai.behave(hang);
        anthropic.behave(hang);
        const sent = httpRequest(
          `${gateway.url}/v1/chat/completions`,
          { method: "POST", headers: { "content-type": "application/json" } },
          (response) => {
            response.on("error", () => {});
            response.once("data", () => sent.destroy());
          },
        );
        sent.on("error", () => {});
        sent.end(JSON.stringify({ ...ask("openai/gpt"), stream: true }));
      });
      await closed;
      while (gateway.records().length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(gateway.records().at(-1)).toMatchObject({ error: "cancelled", attempts: 1 });
    }
  });
});

describe("before the first byte", () => {
  it("trap 53: an error within an opened stream is an HTTP status", async () => {
    anthropic.behave(answerSse(OVERLOADED));
    const { response, text } = await streamOf("anthropic/claude");
    expect(response.status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { type: "overloaded_error", message: "Overloaded" } });
  });

  it("trap 150: another provider answers, with a request of its own dialect made from the caller's", async () => {
    anthropic.behave(answerSse(OVERLOADED));
    openai.behave(answerSse(openAiStream(SCRIPT)));
    const { response, data } = await streamOf("both", { max_tokens: 7, stop: "x" });
    expect(response.status).toBe(200);
    expect(data.at(-1)).toBe("[DONE]");
    expect(anthropic.seen[0]?.json()).toMatchObject({ model: "claude", max_tokens: 7, stop_sequences: ["x"] });
    expect(openai.seen[0]?.json()).toMatchObject({ model: "gpt", max_tokens: 7, stop: "x" });
  });

  it("trap 150: after it, the answer stays with its provider", async () => {
    const stream = anthropicStream(SCRIPT);
    anthropic.behave(answerSse(stream.slice(0, stream.indexOf("event: message_delta")) + OVERLOADED));
    openai.behave(answerSse(openAiStream(SCRIPT)));
    const { data } = await streamOf("both");
    expect(data.join("")).toContain("Overloaded");
    expect(data).not.toContain("[DONE]");
    expect(openai.seen).toHaveLength(0);
  });
});

it("trap 137: models are listed as OpenAI lists them", async () => {
  const models = [];
  for await (const model of client.models.list()) models.push(model);
  expect(models).toContainEqual({
    id: "both",
    object: "model",
    created: expect.any(Number) as number,
    owned_by: "anthropic",
    parlance: expect.anything() as unknown,
  });
});

it.each(["\r\n", "\r"])("trap 147: streams whose lines end in %j are read, one byte a read", async (ending) => {
  openai.behave(answerSse(openAiStream(SCRIPT).replaceAll("\n", ending), [1]));
  anthropic.behave(answerSse(anthropicStream(SCRIPT).replaceAll("\n", ending), [1]));
  for (const model of ["openai/gpt", "anthropic/claude"]) {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ ...ask(model), stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    expect(text).toBe("one two three");
  }
});

it("trap 153: retry-after on a good answer is no error, and is not passed on", async () => {
  openai.behave(answerJson(openAiAnswer(SCRIPT), 200, { "retry-after": "7" }));
  const { response, data } = await client.chat.completions.create(ask("openai/gpt")).withResponse();
  expect(data.choices[0]?.message.content).toBe("one two three");
  expect(response.headers.get("retry-after")).toBeNull();
});
