import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { Role } from "../../src/sdk/index.js";
import type { Call, Canonical, CanonicalError, Client } from "./clients/canonical.js";
import { anthropicClient } from "./clients/anthropic-client.js";
import { grpcClient } from "./clients/grpc-client.js";
import { openAiClient } from "./clients/openai-client.js";
import { responsesClient } from "./clients/responses-client.js";

const CHEAP: Script = { text: "cheap and cut", finish: "length", inputTokens: 10, outputTokens: 2 };
const GOOD: Script = { text: "dear and whole", finish: "stop", inputTokens: 10, outputTokens: 3 };
const SCHEMA = { type: "object", properties: { a: { type: "integer" } }, required: ["a"], additionalProperties: false };

let cheap: TestUpstream;
let dear: TestUpstream;
let gateway: TestGateway;

const openai =
  (script: Script): Behaviour =>
  (request, response) =>
    (request.json().stream === true ? answerSse(openAiStream(script)) : answerJson(openAiAnswer(script)))(
      request,
      response,
    );
const anthropic =
  (script: Script): Behaviour =>
  (request, response) =>
    (request.json().stream === true ? answerSse(anthropicStream(script)) : answerJson(anthropicAnswer(script)))(
      request,
      response,
    );

beforeAll(async () => {
  cheap = await startUpstream();
  dear = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  cheap: { plugin: openai, base_url: "${cheap.url}/v1", api_key: k }
  dear: { plugin: anthropic, base_url: "${dear.url}", api_key: k }
models:
  steps:
    strategy: cascade
    targets:
      - { provider: cheap, model: small, price: { input: "1", output: "1" } }
      - { provider: dear, model: claude-sonnet-4-5, price: { input: "10", output: "10" } }
  tools:
    strategy: cascade
    cascade: { finish: [tool_calls] }
    targets: [{ provider: cheap, model: small }, { provider: dear, model: claude-sonnet-4-5 }]
`);
});

beforeEach(() => {
  cheap.seen.length = 0;
  dear.seen.length = 0;
  dear.behave(anthropic(GOOD));
});

afterAll(async () => {
  await gateway.stop();
  await cheap.close();
  await dear.close();
});

const CALL: Call = {
  chat: { messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: { text: "Hi" } } }] }] },
  openai: { messages: [{ role: "user", content: "Hi" }] },
};
const FORMED: Call = {
  ...CALL,
  openai: {
    ...CALL.openai,
    response_format: { type: "json_schema", json_schema: { name: "r", schema: SCHEMA } },
  },
};

const clients: readonly [string, (url: string) => Client | Promise<Client>][] = [
  ["OpenAI's chat", openAiClient],
  ["OpenAI's Responses", responsesClient],
  ["Anthropic's", anthropicClient],
  ["gRPC", grpcClient],
];

describe.each(["complete", "stream"] as const)("a cascade asked by %s", (how) => {
  const ask = async (model: string, call: Call): Promise<Canonical> => openAiClient(gateway.url)[how](model, call);

  it.each(clients)("asks the next target where an answer is not good enough (%s)", async (_name, open) => {
    cheap.behave(openai(CHEAP));
    const client = await open(gateway.url);
    expect(await client[how]("steps", CALL)).toMatchObject({ text: GOOD.text, finish: "stop" });
    expect(gateway.records().at(-1)).toMatchObject({
      target: "dear/claude-sonnet-4-5",
      attempts: 2,
      // 12 tokens at one, 13 at ten: what was discarded was spent all the same.
      cost: "0.000142",
      finish: "stop",
    });
    client.close();
  });

  it.each(clients)("gives an answer that is, and asks nobody else (%s)", async (_name, open) => {
    cheap.behave(openai({ ...CHEAP, finish: "stop" }));
    const client = await open(gateway.url);
    expect(await client[how]("steps", CALL)).toMatchObject({ text: CHEAP.text, finish: "stop" });
    expect(dear.seen).toEqual([]);
    expect(gateway.records().at(-1)).toMatchObject({ target: "cheap/small", attempts: 1, cost: "0.000012" });
    client.close();
  });

  it.each([
    ["is not JSON", "{", "its text is not JSON"],
    ["is of another schema", '{"a":"x"}', "its text does not obey the schema: /a must be integer"],
    [
      "lacks what the schema requires",
      "{}",
      "its text does not obey the schema: the whole must have required property 'a'",
    ],
  ])("an answer that %s is not good enough where a schema was asked for", async (_how, text) => {
    cheap.behave(openai({ ...CHEAP, finish: "stop", text }));
    dear.behave(anthropic({ ...GOOD, text: '{"a":1}' }));
    expect((await ask("steps", FORMED)).text).toBe('{"a":1}');
    cheap.behave(openai({ ...CHEAP, finish: "stop", text: '{"a":2}' }));
    expect((await ask("steps", FORMED)).text).toBe('{"a":2}');
  });

  it("what only its own provider can read is judged by its finish alone", async () => {
    const messages = [{ role: "soothsayer", content: "Hi" }];
    for (const script of [CHEAP, { ...CHEAP, finish: "stop" } as const]) {
      cheap.behave(openai(script));
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "steps", messages, stream: how === "stream" }),
      });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("cheap")]);
    }
  });

  it("a refusal, a filter's finish and a filter's error are not good enough", async () => {
    const filtered = { error: { message: "no", code: "content_filter" } };
    for (const behaviour of [
      openai({ finish: "stop", refusal: "I will not.", inputTokens: 1, outputTokens: 1 }),
      openai({ ...CHEAP, finish: "content_filter" as "stop" }),
      answerJson(filtered, 400),
    ]) {
      cheap.behave(behaviour);
      expect((await ask("steps", CALL)).text).toBe(GOOD.text);
    }
  });

  it("judges by the finish that is configured, calls of tools included", async () => {
    const toolCalls = [{ id: "c", name: "f", arguments: "{}" }];
    const calling: Script = { finish: "tool_calls", toolCalls, inputTokens: 1, outputTokens: 1 };
    cheap.behave(openai(calling));
    expect((await ask("tools", CALL)).text).toBe(GOOD.text);
    cheap.behave(openai(CHEAP));
    expect((await ask("tools", CALL)).text).toBe(CHEAP.text);
    cheap.behave(openai(calling));
    expect((await ask("steps", CALL)).toolCalls).toEqual([expect.objectContaining({ name: "f" })]);
  });

  it("the last answer goes out whatever it is", async () => {
    cheap.behave(openai(CHEAP));
    dear.behave(anthropic({ ...GOOD, finish: "length" }));
    expect(await ask("steps", CALL)).toMatchObject({ text: GOOD.text, finish: "length" });
  });

  it("where no later target answers, the client has the answer that was held back", async () => {
    cheap.behave(openai(CHEAP));
    dear.behave(answerJson({ type: "error", error: { type: "api_error", message: "no" } }, 500));
    expect(await ask("steps", CALL)).toMatchObject({ text: CHEAP.text, finish: "length" });
    expect(gateway.records().at(-1)).toMatchObject({
      target: "cheap/small",
      attempts: 2,
      finish: "length",
      failed_attempts: [expect.objectContaining({ target: "dear/claude-sonnet-4-5" })],
    });
  });

  it("where none answers at all the client is told of each", async () => {
    cheap.behave(answerJson({}, 500));
    dear.behave(answerJson({}, 500));
    const error = (await ask("steps", CALL).catch((thrown: unknown) => thrown)) as CanonicalError;
    expect(error.message).toContain("None of the 2 targets");
  });
});

it("an answer that breaks off while it is held back is begun anew by the next target", async () => {
  const stream = openAiStream({ ...CHEAP, finish: "stop" });
  cheap.behave(answerSse(stream.slice(0, stream.lastIndexOf("data:", stream.indexOf(" cut")))));
  expect((await openAiClient(gateway.url).stream("steps", CALL)).text).toBe(GOOD.text);
  expect(gateway.records().at(-1)).toMatchObject({
    failed_attempts: [
      expect.objectContaining({ error: "stream_unfinished", next: "next target after stream_unfinished" }),
    ],
  });
});

it("an answer that is too long to be held goes out as it comes", async () => {
  const long = { ...CHEAP, text: "word ".repeat(20_000) };
  cheap.behave(openai(long));
  const answer = await openAiClient(gateway.url).stream("steps", CALL);
  expect([answer.text.length, answer.finish]).toEqual([long.text.length, "length"]);
  expect(dear.seen).toEqual([]);
});
