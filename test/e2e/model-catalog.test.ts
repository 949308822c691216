import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { openAiAnswer, openAiStream } from "../kits/openai-wire.js";
import { priceDataOf } from "../kits/price-data.js";
import { answerJson, answerSse, startUpstream, type TestUpstream } from "../kits/upstream.js";

const script = { text: "Hi", finish: "stop", inputTokens: 1_000_000, outputTokens: 100_000 } as const;

let upstream: TestUpstream;
let prices: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream((request, response) =>
    (request.json().stream === true ? answerSse(openAiStream(script)) : answerJson(openAiAnswer(script)))(
      request,
      response,
    ),
  );
  prices = await startUpstream(
    answerJson(
      priceDataOf(upstream.url, [
        { id: "known", input: 2, output: 10, contextWindow: 64_000 },
        { id: "long", input: { base: 2, tiers: [{ start: 200_000, price: 4 }] }, output: 10 },
      ]),
    ),
  );
  gateway = await startTestGateway(`
server: { port: 0 }
catalog:
  url: "${prices.url}/data.json"
  models:
    - { provider: up, model: "written-*", price: { input: "1", output: "1" }, context_window: 5, max_output_tokens: 3, input_modalities: [text, image], abilities: [tools] }
    - { provider: up, model: free, price: { input: "0", output: "0" } }
providers:
  up: { plugin: openai, base_url: "${upstream.url}/v1" }
models:
  smart:
    targets:
      - { provider: up, model: known, price: { input: "0.5", output: "0" } }
      - { provider: up, model: written-b, priority: 1 }
`);
  // Newer data comes in the background.
  while (!gateway.records().some(({ msg }) => msg === "catalogue refreshed")) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
  await prices.close();
});

const ask = (model: string, stream = false): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "Hi" }] }),
  });

async function costOf(model: string): Promise<string | null> {
  const answer = await ask(model);
  await answer.text();
  return answer.headers.get("x-parlance-cost");
}

const exchanges = () => gateway.records().filter(({ msg }) => msg === "exchange");

describe("what an answer costs", () => {
  it("is the target's own price, the catalogue's entry, or the data's, with its tiers", async () => {
    expect(await costOf("smart")).toBe("0.5");
    expect(await costOf("up/written-a")).toBe("1.1");
    expect(await costOf("up/known-2026")).toBe("3");
    expect(await costOf("up/long")).toBe("5");
  });

  it("of zero is a price, and an unknown one is told as such: header, log and RPC", async () => {
    expect(await costOf("up/free")).toBe("0");
    expect(await costOf("up/unheard-of")).toBe("unpriced");
    expect(
      exchanges()
        .slice(-2)
        .map(({ cost }) => cost),
    ).toEqual(["0", "unpriced"]);
    const answer = await fetch(`${gateway.url}/parlance.v1.CompletionService/Complete`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        chat: { model: "up/unheard-of", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "Hi" } }] }] },
      }),
    });
    const { completion } = (await answer.json()) as { completion: { cost: unknown } };
    expect(completion.cost).toEqual({ state: "COST_STATE_UNPRICED" });
  });

  it("of a stream is on the record", async () => {
    await (await ask("up/known", true)).text();
    expect(exchanges().at(-1)).toMatchObject({ stream: true, cost: "3" });
  });

  it("is told to be unknown in one log line for each model", async () => {
    for (let i = 0; i < 3; i += 1) await costOf("up/never-heard-of");
    const told = gateway.records().filter(({ msg, model }) => msg === "unpriced" && model === "never-heard-of");
    expect(told).toEqual([expect.objectContaining({ provider: "up", reason: "no price", level: "warn" })]);
  });

  it("is nothing where nothing was answered", async () => {
    upstream.behave(answerJson({ error: { message: "no" } }, 400));
    expect(await costOf("up/refused")).toBeNull();
    expect(gateway.records().some(({ msg, model }) => msg === "unpriced" && model === "refused")).toBe(false);
  });
});

describe("what a model can do, and where", () => {
  const get = async (path: string, headers: Record<string, string> = {}) =>
    (await (await fetch(gateway.url + path, { headers })).json()) as Record<string, never>;
  const smart = [
    {
      provider: "up",
      upstream_model: "known",
      dialect: "openai-chat",
      context_window: 64_000,
      abilities: ["streaming"],
      price: {
        state: "COST_STATE_PRICED",
        rates: { input: "0.5", output: "0", cache_read: "0.5", cache_write: "0.5" },
        source: "PRICE_SOURCE_CONFIG",
      },
    },
    {
      provider: "up",
      upstream_model: "written-b",
      dialect: "openai-chat",
      context_window: 5,
      max_output_tokens: 3,
      input_modalities: ["text", "image"],
      abilities: ["tools"],
      price: {
        state: "COST_STATE_PRICED",
        rates: { input: "1", output: "1", cache_read: "1", cache_write: "1" },
        source: "PRICE_SOURCE_CONFIG",
      },
    },
  ];

  it("is told in OpenAI's lists, in a member of ours", async () => {
    const { data } = (await get("/v1/models")) as unknown as { data: { id: string; parlance: unknown }[] };
    const listed = data.find(({ id }) => id === "smart");
    expect(listed).toMatchObject({ object: "model", owned_by: "up", parlance: { operations: ["complete", "embed"] } });
    expect(listed?.parlance).toMatchObject({ targets: smart });
    expect(await get("/v1/models/smart")).toEqual(listed);
  });

  it("is told of any model of a provider, with the version of the data", async () => {
    const { parlance } = (await get("/v1/models/up/long")) as unknown as { parlance: { targets: unknown[] } };
    expect(parlance.targets).toMatchObject([
      {
        price: {
          rates: { input: "2" },
          tiers: [{ above_input_tokens: 200_000, rates: { input: "4", output: "10" } }],
          source: "PRICE_SOURCE_DATA",
          data_version: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
        },
      },
    ]);
    const { parlance: unknown } = (await get("/v1/models/up/unheard-of")) as unknown as { parlance: typeof parlance };
    expect(unknown.targets).toMatchObject([{ price: { state: "COST_STATE_UNPRICED" } }]);
  });

  it("is told by ModelService in the same words", async () => {
    const answer = await fetch(`${gateway.url}/parlance.v1.ModelService/GetModel`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "smart" }),
    });
    const { model } = (await answer.json()) as { model: { targets: { contextWindow: number; price: unknown }[] } };
    expect(model.targets.map(({ contextWindow }) => contextWindow)).toEqual([64_000, 5]);
    expect(model.targets[0]?.price).toMatchObject({ state: "COST_STATE_PRICED", source: "PRICE_SOURCE_CONFIG" });
  });

  it("is told where other vendors' lists have a field for it: the least of what holds", async () => {
    expect(await get("/v1/models/smart", { "anthropic-version": "2023-06-01" })).toMatchObject({
      max_input_tokens: 5,
      max_tokens: 3,
    });
    expect(await get("/v1beta/models/smart")).toMatchObject({ inputTokenLimit: 5, outputTokenLimit: 3 });
    expect(await get("/v1beta/models/up/unheard-of")).not.toHaveProperty("inputTokenLimit");
  });
});

describe("prices that come with Parlance", () => {
  it("are there for the first request of all", async () => {
    // Whatever the data says of it, the vendor's own first model has a price.
    const other = await startTestGateway(`
server: { port: 0 }
providers: { up: { plugin: openai, base_url: "${upstream.url}/v1", catalog: openai } }
`);
    try {
      upstream.behave(answerJson(openAiAnswer(script)));
      const answer = await fetch(`${other.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "up/gpt-5", messages: [{ role: "user", content: "Hi" }] }),
      });
      await answer.text();
      expect(answer.headers.get("x-parlance-cost")).toBe("2.25");
    } finally {
      await other.stop();
    }
  });
});
