import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers: { gemini: { base_url: "${upstream.url}", api_key: k } }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const ask = { model: "gemini/gemini-embedding-001", input: ["a", "b"] };

it("OpenAI's SDK gets vectors of the Gemini API, with a task that it names in a field of its own", async () => {
  const embeddings = [{ values: [0.5, 1] }, { values: [2, -1] }];
  upstream.behave(answerJson({ embeddings, usageMetadata: { promptTokenCount: 2 } }));
  const extra = { task_type: "RETRIEVAL_QUERY", user: "u" };
  const { data, response } = await client.embeddings.create({ ...ask, dimensions: 2, ...extra }).withResponse();
  expect(data.data.map(({ embedding, index }) => [index, embedding])).toEqual([
    [0, [0.5, 1]],
    [1, [2, -1]],
  ]);
  expect([data.model, data.usage.prompt_tokens]).toEqual(["gemini/gemini-embedding-001", 2]);
  expect(response.headers.get("x-parlance-lane")).toBe("translated");
  const more = { model: "models/gemini-embedding-001", taskType: "RETRIEVAL_QUERY", outputDimensionality: 2 };
  expect(upstream.seen[0]?.path).toBe("/v1beta/models/gemini-embedding-001:batchEmbedContents");
  expect(upstream.seen[0]?.json()).toEqual({
    requests: ["a", "b"].map((text) => ({ content: { parts: [{ text }] }, ...more })),
  });
});

it("its refusal keeps its meaning", async () => {
  const error = { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" };
  upstream.behave(answerJson({ error }, 400));
  await expect(client.embeddings.create(ask)).rejects.toMatchObject({ status: 502, code: "provider_unauthenticated" });
  upstream.behave(answerJson({ error: { code: 400, message: "Too long.", status: "INVALID_ARGUMENT" } }, 400));
  await expect(client.embeddings.create(ask)).rejects.toMatchObject({ status: 400 });
});
