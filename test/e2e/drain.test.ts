import { credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import { startUpstream, type TestUpstream } from "../kits/upstream.js";

const PROTO = fileURLToPath(new URL("../../proto", import.meta.url));
const stream = openAiStream({ text: "one two three", finish: "stop", inputTokens: 1, outputTokens: 3 });
const half = stream.slice(0, stream.indexOf("data:", stream.indexOf("one")));
const ask = { model: "never-ending", messages: [{ role: "user" as const, content: "Hi" }] };

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeEach(async () => {
  upstream = await startUpstream((request, response) => {
    if (request.json().stream !== true) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(half);
  });
  gateway = await startTestGateway(`
server: { port: 0 }
providers: { a: { plugin: openai, base_url: "${upstream.url}/v1" } }
models: { never-ending: { targets: [{ provider: a, model: m }] } }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterEach(async () => {
  await gateway.stop();
  await upstream.close();
});

/** Drains as soon as the upstream has been asked, with hardly any grace. */
async function drainOnceAsked(): Promise<void> {
  while (upstream.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await gateway.drain(50);
}

describe("when the grace of a drain is over", () => {
  it("a stream to an OpenAI client ends with an error, not in silence", async () => {
    let text = "";
    const reading = (async () => {
      for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
    })();
    const outcome = expect(reading).rejects.toThrow(/gateway stops/);
    await drainOnceAsked();
    await outcome;
    expect(text).not.toBe("");
    expect(gateway.records()).toEqual([expect.objectContaining({ msg: "exchange", error: "overloaded" })]);
  });

  it("an OpenAI client that waits for a whole answer gets 503", async () => {
    const outcome = expect(client.chat.completions.create(ask)).rejects.toMatchObject({ status: 503 });
    await drainOnceAsked();
    await outcome;
  });

  it("a gRPC stream ends with UNAVAILABLE", async () => {
    const definition = await load("parlance/v1/completion_service.proto", { includeDirs: [PROTO] });
    type Stub = { streamComplete(request: object): NodeJS.EventEmitter; close(): void };
    const { parlance } = loadPackageDefinition(definition) as unknown as {
      parlance: { v1: { CompletionService: new (address: string, security: object) => Stub } };
    };
    const stub = new parlance.v1.CompletionService(new URL(gateway.url).host, credentials.createInsecure());
    const chat = { model: ask.model, messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] };
    let messages = 0;
    const ended = new Promise<ServiceError>((resolve) => {
      const call = stub.streamComplete({ chat });
      call.on("data", () => {
        messages += 1;
      });
      call.on("error", resolve);
    });
    await drainOnceAsked();
    const error = await ended;
    expect(error.code).toBe(14);
    expect(error.details).toMatch(/gateway stops/);
    expect(messages).toBeGreaterThan(0);
    stub.close();
  });

  it("the provider's sockets are closed", async () => {
    const outcome = expect(client.chat.completions.create(ask)).rejects.toThrow();
    await drainOnceAsked();
    await outcome;
    expect(upstream.openSockets()).toBe(0);
  });
});
