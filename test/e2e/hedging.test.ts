import OpenAI from "openai";
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

const SLOW: Script = { text: "from the slow one", finish: "stop", inputTokens: 10, outputTokens: 4 };
const QUICK: Script = { text: "from the quick one", finish: "stop", inputTokens: 10, outputTokens: 4 };
const { call } = rows[0] as Row;
const messages = [{ role: "user" as const, content: "Hi" }];

let first: TestUpstream;
let second: TestUpstream;
let gateway: TestGateway;
let clients: Client[];
let openai: OpenAI;

beforeAll(async () => {
  first = await startUpstream();
  second = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
providers:
  a: { plugin: openai, base_url: "${first.url}/v1" }
  b: { plugin: anthropic, base_url: "${second.url}", api_key: k }
models:
  smart:
    hedge: { after: 80ms, max_percent: 100 }
    targets:
      - { provider: a, model: first, price: { input: "1", output: "2" } }
      - { provider: b, model: second, priority: 1, price: { input: "1", output: "2" } }
`);
  clients = [openAiClient(gateway.url), anthropicClient(gateway.url), await grpcClient(gateway.url)];
  // Plugins that are loaded by the first request would be hedged for it.
  first.behave(speak(SLOW, openAiAnswer, openAiStream));
  second.behave(speak(QUICK, anthropicAnswer, anthropicStream));
  for (const target of ["a/first", "b/second"]) await (clients[0] as Client).complete(target, call);
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  first.seen.length = 0;
  second.seen.length = 0;
  second.behave(speak(QUICK, anthropicAnswer, anthropicStream));
});

afterAll(async () => {
  for (const client of clients) client.close();
  await gateway.stop();
  await first.close();
  await second.close();
});

function speak(script: Script, whole: (script: Script) => unknown, stream: (script: Script) => string): Behaviour {
  return (request, response) =>
    (request.json().stream === true ? answerSse(stream(script)) : answerJson(whole(script)))(request, response);
}

/** Begins a stream without content, and goes on when it is told to; `left`: when it was hung up on. */
function hesitant() {
  const state: { left: number | undefined; goOn: (() => void) | undefined; behave: Behaviour } = {
    left: undefined,
    goOn: undefined,
    behave: (request, response) => {
      response.on("close", () => {
        if (!response.writableEnded) state.left = performance.now();
      });
      if (request.json().stream !== true) {
        state.goOn = () => void answerJson(openAiAnswer(SLOW))(request, response);
        return;
      }
      const text = openAiStream(SLOW);
      const opening = text.indexOf("\n\n") + 2;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(text.slice(0, opening));
      state.goOn = () => response.end(text.slice(opening));
    },
  };
  return state;
}

const records = () => gateway.records().filter(({ msg }) => msg === "exchange");

describe("a second target beside a slow one", () => {
  it.each(["complete", "stream"] as const)(
    "answers at every door (%s), and the slow one is hung up on",
    async (how) => {
      for (const client of clients) {
        const slow = hesitant();
        first.behave(slow.behave);
        let answeredAt = 0;
        second.behave((request, response) => {
          answeredAt = performance.now();
          return speak(QUICK, anthropicAnswer, anthropicStream)(request, response);
        });
        const answer = await client[how]("smart", call);
        expect(answer, client.name).toMatchObject({ text: "from the quick one", finish: "stop", outputTokens: 4 });
        await vi.waitFor(() => expect(slow.left, client.name).toBeDefined());
        expect((slow.left as number) - answeredAt).toBeLessThan(1000);
      }
      expect([first.seen.length, second.seen.length]).toEqual([clients.length, clients.length]);
    },
  );

  it("is told with both costs in the headers and the log", async () => {
    first.behave(hesitant().behave);
    const { response } = await openai.chat.completions.create({ model: "smart", messages }).withResponse();
    expect(response.headers.get("x-parlance-attempts")).toBe("2");
    expect(response.headers.get("x-parlance-target")).toBe("b/second");
    // Ten tokens and four of the winner; of the loser the prompt, which is estimated at five.
    expect(response.headers.get("x-parlance-cost")).toBe("0.000023");
    expect(records().at(-1)).toMatchObject({ target: "b/second", cost: "0.000023", output_tokens: 4 });
  });

  it.each([true, false])("is hung up on when the first is quicker after all (stream: %s)", async (stream) => {
    const slow = hesitant();
    first.behave(slow.behave);
    const left = vi.fn();
    second.behave((_request, response) => {
      response.on("close", left);
      slow.goOn?.();
    });
    const answer = stream
      ? await openai.chat.completions.stream({ model: "smart", messages, stream: true }).finalContent()
      : (await openai.chat.completions.create({ model: "smart", messages })).choices[0]?.message.content;
    expect(answer).toBe("from the slow one");
    await vi.waitFor(() => expect(left).toHaveBeenCalled());
  });

  it("is hung up on with the first when the client leaves", async () => {
    const slow = hesitant();
    first.behave(slow.behave);
    const left = vi.fn();
    const controller = new AbortController();
    second.behave((_request, response) => {
      response.on("close", left);
      controller.abort();
    });
    const asking = openai.chat.completions.create({ model: "smart", messages }, { signal: controller.signal });
    await expect(asking).rejects.toThrow();
    await vi.waitFor(() => expect([slow.left === undefined, left.mock.calls.length]).toEqual([false, 1]));
  });

  it("is not asked for a request that is to be stored: it would be stored twice", async () => {
    const slow = hesitant();
    first.behave(slow.behave);
    const asking = openai.chat.completions.create({ model: "smart", messages, store: true });
    await vi.waitFor(() => expect(slow.goOn).toBeDefined());
    await new Promise((resolve) => setTimeout(resolve, 250));
    slow.goOn?.();
    expect((await asking).choices[0]?.message.content).toBe("from the slow one");
    expect(second.seen).toHaveLength(0);
  });
});
