import { createOpenAI } from "@ai-sdk/openai";
import { OpenAIEmbeddings } from "@langchain/openai";
import { embed, embedMany } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { answerJson } from "../../kits/upstream.js";
import { startVendors, thrownBy, type VendorWorld, vendors } from "../../kits/vendors.js";

let world: VendorWorld;
const [openai] = vendors;

beforeAll(async () => {
  world = await startVendors();
});
afterAll(() => world.close());

/** Numbers that 32 bits hold exactly, one vector for each text, in the encoding that is asked for. */
const vectorOf = (index: number): number[] => [0.5, -0.25, index];

beforeEach(() => {
  world.behave((request, response) => {
    const { input, encoding_format: encoding } = request.json();
    const texts = Array.isArray(input) ? input : [input];
    const data = texts.map((_, index) => ({
      object: "embedding",
      index,
      embedding:
        encoding === "base64"
          ? Buffer.from(Float32Array.from(vectorOf(index)).buffer).toString("base64")
          : vectorOf(index),
    }));
    return answerJson({ object: "list", data, model: "embedder-2", usage: { prompt_tokens: 3, total_tokens: 3 } })(
      request,
      response,
    );
  });
});

const texts = ["Oslo", "Rome", "Lima"];
const expected = texts.map((_, index) => vectorOf(index));

it("OpenAI's client embeds a batch, with dimensions", async () => {
  const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: "any", maxRetries: 0 });
  const { data, usage } = await client.embeddings.create({ model: "up/embedder", input: texts, dimensions: 3 });
  expect(data.map(({ embedding }) => Array.from(embedding))).toEqual(expected);
  expect(usage.prompt_tokens).toBe(3);
  expect(world.asked()).toMatchObject({ model: "embedder", dimensions: 3 });
});

it("Vercel's ai embeds one text and many", async () => {
  const model = createOpenAI({ baseURL: `${world.url}/v1`, apiKey: "any" }).embedding("up/embedder");
  expect((await embed({ model, value: "Oslo", maxRetries: 0 })).embedding).toEqual(vectorOf(0));
  const { embeddings, usage } = await embedMany({ model, values: texts, maxRetries: 0 });
  expect(embeddings).toEqual(expected);
  expect(usage.tokens).toBe(3);
});

it("LangChain embeds a query and documents, and raises the provider's error", async () => {
  const model = new OpenAIEmbeddings({
    model: "up/embedder",
    apiKey: "any",
    maxRetries: 0,
    configuration: { baseURL: `${world.url}/v1` },
  });
  expect(await model.embedQuery("Oslo")).toEqual(vectorOf(0));
  expect(await model.embedDocuments(texts)).toEqual(expected);
  world.behave(answerJson(openai?.refusal(400), 400));
  expect(await thrownBy(() => model.embedQuery("Oslo"))).toMatchObject({ status: 400 });
});

it("each is hung up on at the provider when it is aborted", async () => {
  const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: "any", maxRetries: 0 });
  const vercel = createOpenAI({ baseURL: `${world.url}/v1`, apiKey: "any" }).embedding("up/embedder");
  for (const ask of [
    (signal: AbortSignal) => client.embeddings.create({ model: "up/embedder", input: "Oslo" }, { signal }),
    (abortSignal: AbortSignal) => embed({ model: vercel, value: "Oslo", maxRetries: 0, abortSignal }),
  ]) {
    const closed = world.hang();
    const controller = new AbortController();
    const before = world.upstream.seen.length;
    const error = thrownBy(() => ask(controller.signal));
    await expect.poll(() => world.upstream.seen.length).toBe(before + 1);
    controller.abort();
    expect(String(await error)).toMatch(/abort/i);
    await closed;
  }
});
