import Anthropic from "@anthropic-ai/sdk";
import type { ServerResponse } from "node:http";
import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import { startUpstream, type TestUpstream } from "../kits/upstream.js";

const script = { text: "one two three", finish: "stop", inputTokens: 5, outputTokens: 3 } as const;

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(
    `
server: { port: 0 }
log: { level: silent }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${upstream.url}", api_key: k }
`,
    {},
    { keepAliveMs: 20 },
  );
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const ask = (model: string): string =>
  JSON.stringify({ model, stream: true, max_tokens: 9, messages: [{ role: "user", content: "Hi" }] });

/** A provider that says half of its answer, and the rest when it is told to. */
function hesitate(text: string): { goOn: () => void } {
  const middle = text.lastIndexOf("\n\n", text.indexOf("two")) + 2;
  let resume: (() => void) | undefined;
  const told = new Promise<void>((resolve) => {
    resume = resolve;
  });
  upstream.behave(async (_request, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text.slice(0, middle));
    await told;
    response.end(text.slice(middle));
  });
  return { goOn: () => resume?.() };
}

/** What comes of a streamed request, until `enough` says so; then the provider goes on, and the rest is read. */
async function listen(path: string, model: string, said: string, enough: (text: string) => boolean): Promise<string> {
  const { goOn } = hesitate(said);
  const response = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: ask(model),
  });
  let text = "";
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(piece).toString("utf8");
    if (enough(text)) goOn();
  }
  return text;
}

describe("a translated stream that falls silent", () => {
  it("trap 154: tells an Anthropic client with a ping that it lives", async () => {
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    const text = await listen("/v1/messages", "up/any", openAiStream(script), (soFar) => soFar.split(ping).length > 3);
    expect(text.startsWith("event: message_start\n")).toBe(true);
    expect(text.indexOf(ping)).toBeGreaterThan(text.indexOf("one"));
    expect(text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
  });

  it("trap 154: tells an OpenAI client with a comment that it lives", async () => {
    const comment = ": keep-alive\n\n";
    const text = await listen("/v1/chat/completions", "claude/any", anthropicStream(script), (soFar) =>
      soFar.includes(comment),
    );
    expect(text.indexOf(comment)).toBeGreaterThan(text.indexOf("one"));
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("says so over HTTP/2 as well", async () => {
    const { goOn } = hesitate(openAiStream(script));
    const session = connect(gateway.url);
    const stream = session.request({ ":method": "POST", ":path": "/v1/messages", "content-type": "application/json" });
    stream.end(ask("up/any"));
    let text = "";
    for await (const piece of stream as AsyncIterable<Buffer>) {
      text += piece.toString("utf8");
      if (text.includes("event: ping")) goOn();
    }
    session.close();
    expect(text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
  });

  it("is read by Anthropic's SDK as if nothing had been said", async () => {
    const { goOn } = hesitate(openAiStream(script));
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "any", maxRetries: 0 });
    const stream = client.messages.stream({
      model: "up/any",
      max_tokens: 9,
      messages: [{ role: "user", content: "Hi" }],
    });
    stream.once("text", () => setTimeout(goOn, 100));
    expect(await stream.finalText()).toBe("one two three");
  });
});

describe("a stream that passes as it came", () => {
  it("is left to its provider's own pings", async () => {
    const said = anthropicStream(script);
    const { goOn } = hesitate(said);
    setTimeout(goOn, 150);
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: ask("claude/any"),
    });
    expect(await response.text()).toBe(said);
  });
});
