import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Role } from "../../src/sdk/index.js";
import { anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiStream } from "../kits/openai-wire.js";
import { responsesStream } from "../kits/responses-wire.js";
import type { Script } from "../kits/script.js";
import { answerSse, type Behaviour, type SeenRequest, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { anthropicClient } from "./clients/anthropic-client.js";
import type { Call, CanonicalError, Client } from "./clients/canonical.js";
import { connectJsonClient } from "./clients/connect-json-client.js";
import { grpcClient } from "./clients/grpc-client.js";
import { openAiClient } from "./clients/openai-client.js";
import { responsesClient } from "./clients/responses-client.js";

const SAID = "Once upon a time there";
const SCRIPT: Script = { text: `${SAID} was a king.`, finish: "stop", inputTokens: 10, outputTokens: 8 };
const REST: Script = { text: " was a king.", finish: "stop", inputTokens: 14, outputTokens: 4 };

/** The streams of the first target by its wire, up to where they break off. */
const HALVES = {
  chat: openAiStream(SCRIPT),
  responses: responsesStream(SCRIPT),
  messages: anthropicStream(SCRIPT),
} as const;

function half(wire: keyof typeof HALVES): string {
  const stream = HALVES[wire];
  const event = stream.indexOf('" was"');
  return stream.slice(0, stream.lastIndexOf("\n\n", event) + 2);
}

/** Callers of OpenAI's chat are answered there by either of its providers. */
function wireOf(wire: keyof typeof HALVES, { path }: SeenRequest): keyof typeof HALVES {
  return wire === "responses" && !path.endsWith("/responses") ? "chat" : wire;
}

/** How a stream may break off after its first content. */
const CUTS: Readonly<Record<string, (said: string) => Behaviour>> = {
  stream_truncated: (said) => (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(said, () => setTimeout(() => response.destroy(), 20));
  },
  stream_unfinished: (said) => answerSse(said),
  stream_stalled: (said) => (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(said);
  },
  malformed_answer: (said) => answerSse(`${said}data: {"half":\n\n`),
  provider_overloaded: (said) => answerSse(`${said}event: error\ndata: ${JSON.stringify(OVERLOADED)}\n\n`),
};
const OVERLOADED = { type: "error", error: { type: "overloaded_error", message: "too much" } };

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;

const clients: readonly [string, (url: string) => Client | Promise<Client>][] = [
  ["OpenAI's chat", openAiClient],
  ["OpenAI's Responses", responsesClient],
  ["Anthropic's", anthropicClient],
  ["gRPC", grpcClient],
  ["Connect", connectJsonClient],
];

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  chat: { plugin: openai, base_url: "${first.url}/v1", api_key: k, timeouts: { idle: 300ms } }
  responses: { plugin: openai, base_url: "${first.url}/v1", api_key: k, settings: { responses: true }, timeouts: { idle: 300ms } }
  messages: { plugin: anthropic, base_url: "${first.url}", api_key: k, timeouts: { idle: 300ms } }
  cannot: { plugin: openai, base_url: "${first.url}/v1", api_key: k }
  claude: { plugin: anthropic, base_url: "${second.url}", api_key: k }
models:
${["chat", "responses", "messages"]
  .flatMap((provider) =>
    [provider, `${provider}-cut`].map(
      (name) =>
        `  ${name}: { on_cut: ${name.endsWith("-cut") ? "fail" : "continue"}, targets: [{ provider: ${provider}, model: gpt-5, price: { input: "1", output: "1" } }, { provider: cannot, model: gpt-5 }, { provider: claude, model: claude-sonnet-4-5, price: { input: "2", output: "2" } }] }`,
    ),
  )
  .join("\n")}
  nobody: { on_cut: continue, targets: [{ provider: chat, model: gpt-5 }, { provider: cannot, model: gpt-5 }] }
`);
});

beforeEach(() => {
  first.seen.length = 0;
  second.seen.length = 0;
  second.behave(answerSse(anthropicStream(REST)));
});

afterAll(async () => {
  await gateway.stop();
  await first.close();
  await second.close();
});

const CALL: Call = {
  chat: { messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Tell." } } }] }] },
  openai: { messages: [{ role: "user", content: "Tell." }] },
};

describe.each(["chat", "responses", "messages"] as const)("a stream of %s that breaks off", (wire) => {
  it.each(clients)("is gone on with by another target, and a client of %s reads one answer", async (_name, open) => {
    for (const [code, cut] of Object.entries(CUTS)) {
      first.behave((request, response) => cut(half(wireOf(wire, request)))(request, response));
      second.seen.length = 0;
      const client = await open(gateway.url);
      const answer = await client.stream(wire, CALL);
      expect([code, answer.text, answer.finish]).toEqual([code, SCRIPT.text, "stop"]);
      const messages = second.seen[0]?.json().messages as { role: string; content: unknown }[];
      expect(JSON.stringify(messages.at(-1))).toContain(SAID);
      expect(messages.at(-1)?.role).toBe("assistant");
      client.close();
    }
  });

  it.each(clients)("is told as broken where that is not wanted, to a client of %s", async (_name, open) => {
    first.behave((request, response) => answerSse(half(wireOf(wire, request)))(request, response));
    const client = await open(gateway.url);
    const error = await client.stream(`${wire}-cut`, CALL).then(
      () => undefined,
      (thrown: unknown) => thrown as CanonicalError,
    );
    expect(error?.said).toBe(SAID);
    expect(second.seen).toEqual([]);
    client.close();
  });
});
