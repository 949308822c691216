import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { anthropicAnswer, anthropicStream } from "../kits/anthropic-wire.js";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import type { Script } from "../kits/script.js";
import { answerJson, answerSse, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { type Row, rows } from "./calls.js";
import { anthropicClient } from "./clients/anthropic-client.js";
import type { Client } from "./clients/canonical.js";
import { grpcClient } from "./clients/grpc-client.js";
import { openAiClient } from "./clients/openai-client.js";

const OWN: Script = { text: "what the client is told", finish: "stop", inputTokens: 10, outputTokens: 5 };
const COPY: Script = { text: "what nobody is told", finish: "length", inputTokens: 11, outputTokens: 4 };
const { call } = rows[0] as Row;

let own: TestUpstream;
let copy: TestUpstream;
let gateway: TestGateway;
let clients: Client[];

beforeAll(async () => {
  own = await startUpstream(speak(OWN, openAiAnswer, openAiStream));
  copy = await startUpstream();
  gateway = await startTestGateway(config());
  clients = await clientsOf(gateway);
});

beforeEach(() => {
  copy.behave(speak(COPY, anthropicAnswer, anthropicStream));
  copy.seen.length = 0;
});

afterAll(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
  await own.close();
  await copy.close();
});

const config = (): string => `
server: { port: 0 }
providers:
  a: { plugin: openai, base_url: "${own.url}/v1" }
  b: { plugin: anthropic, base_url: "${copy.url}", api_key: k }
models:
  smart:
    targets: [{ provider: a, model: first, price: { input: "1", output: "2" } }]
    shadows: [{ provider: b, model: second, keep_text: true }]
`;

async function clientsOf({ url }: TestGateway): Promise<Client[]> {
  return [openAiClient(url), anthropicClient(url), await grpcClient(url)];
}

function speak(script: Script, whole: (script: Script) => unknown, stream: (script: Script) => string): Behaviour {
  return (request, response) =>
    (request.json().stream === true ? answerSse(stream(script)) : answerJson(whole(script)))(request, response);
}

const shadows = (of: TestGateway) => of.records().filter(({ msg }) => msg === "shadow");

describe("a shadow", () => {
  it.each(["complete", "stream"] as const)("is asked at every door (%s), and told in the log alone", async (how) => {
    for (const client of clients) {
      const before = shadows(gateway).length;
      const answer = await client[how]("smart", call);
      expect(answer, client.name).toMatchObject({ text: OWN.text, finish: "stop", outputTokens: 5 });
      await vi.waitFor(() => expect(shadows(gateway).length).toBe(before + 1));
      expect(shadows(gateway).at(-1), client.name).toMatchObject({
        model: "smart",
        stream: how === "stream",
        primary: { target: "a/first", characters: 23, output_tokens: 5, finish: "stop", cost: "0.00002" },
        shadow: { target: "b/second", characters: 19, output_tokens: 4, finish: "length" },
        same_text: false,
        text: { primary: OWN.text, shadow: COPY.text },
      });
    }
    expect(copy.seen).toHaveLength(clients.length);
    const exchanges = gateway.records().filter(({ msg }) => msg === "exchange");
    for (const record of exchanges) expect(record).toMatchObject({ attempts: 1, target: "a/first", cost: "0.00002" });
  });

  it("neither slows nor fails the client when it does not answer, and ends with the gateway", async () => {
    const left = vi.fn();
    copy.behave((_request, response) => void response.on("close", left));
    const other = await startTestGateway(config());
    const others = await clientsOf(other);
    for (const client of others) {
      await client.complete("smart", call);
      client.close();
    }
    await vi.waitFor(() => expect(copy.seen).toHaveLength(others.length));
    await other.stop();
    const told = shadows(other);
    expect(told).toHaveLength(others.length);
    for (const record of told) expect(record).toMatchObject({ shadow: { error: "cancelled" } });
    await vi.waitFor(() => expect(left).toHaveBeenCalledTimes(others.length));
  });
});
