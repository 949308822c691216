import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, type Behaviour, startUpstream, type TestUpstream } from "../kits/upstream.js";

/** Numbers that 32 bits hold exactly. */
const VECTORS = [
  [0.5, -0.25, 1],
  [0.125, 2, -4],
];
const base64 = (vector: readonly number[]): string => Buffer.from(Float32Array.from(vector).buffer).toString("base64");

/** A server of embeddings; `only` has it know one encoding, whatever is asked for. */
const server =
  (only?: "float" | "base64"): Behaviour =>
  (request, response) => {
    const { input, encoding_format } = request.json();
    const many = Array.isArray(input) && typeof input[0] !== "number" ? input.length : 1;
    const encoding = only ?? encoding_format ?? "float";
    return answerJson({
      object: "list",
      data: VECTORS.slice(0, many).map((vector, index) => ({
        object: "embedding",
        index,
        embedding: encoding === "base64" ? base64(vector) : vector,
      })),
      model: "embedder-2",
      usage: { prompt_tokens: 3, total_tokens: 3 },
    })(request, response);
  };

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway(`
server: { port: 0 }
log: { level: silent }
providers:
  cloud: { plugin: openai, base_url: "${upstream.url}/v1" }
  simulator: {}
models:
  either: { targets: [{ provider: cloud, model: one }, { provider: simulator, model: embed }] }
`);
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "any", maxRetries: 0 });
});

beforeEach(() => {
  upstream.seen.length = 0;
  upstream.behave(server());
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const vectorsOf = ({ data }: OpenAI.CreateEmbeddingResponse): number[][] =>
  data.map(({ embedding }) => Array.from(embedding));

describe("embeddings through OpenAI's SDK from a server of the dialect", () => {
  it("trap 136: ask for base64 by default, and come back as numbers", async () => {
    const { data, response } = await client.embeddings
      .create({ model: "cloud/one", input: ["a", "b"], dimensions: 3 })
      .withResponse();
    expect(vectorsOf(data)).toEqual(VECTORS);
    expect(response.headers.get("x-parlance-lane")).toBe("verbatim");
    expect(upstream.seen[0]?.json()).toEqual({
      model: "one",
      input: ["a", "b"],
      dimensions: 3,
      encoding_format: "base64",
    });
  });

  it.each([
    ["float", "base64"],
    ["base64", "float"],
  ] as const)("trap 136: are converted where the server knows only %s and %s was asked for", async (only, asked) => {
    upstream.behave(server(only));
    // What the SDK does with an encoding that it was not told to expect is no matter here: the wire counts.
    const response = await fetch(`${gateway.url}/v1/embeddings`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "cloud/one", input: ["a", "b"], encoding_format: asked }),
    });
    const { data } = (await response.json()) as { data: { embedding: unknown; index: number }[] };
    expect(data.map(({ embedding }) => embedding)).toEqual(asked === "base64" ? VECTORS.map(base64) : VECTORS);
    const { encoding_format: _, ...body } = { model: "cloud/one", input: ["a", "b"], encoding_format: asked };
    expect(
      vectorsOf(await client.embeddings.create(asked === "float" ? { ...body, encoding_format: asked } : body)),
    ).toEqual(VECTORS);
  });

  it.each([
    ["a text", "a", 1],
    ["token ids", [1, 2, 3], 1],
    ["texts", ["a", "b"], 2],
    ["lists of token ids", [[1], [2, 3]], 2],
  ] as const)("take %s as input, as it came", async (_name, input, count) => {
    const { data } = await client.embeddings.create({ model: "cloud/one", input: input as unknown as string[] });
    expect(data).toHaveLength(count);
    expect(upstream.seen[0]?.json().input).toEqual(input);
  });
});

describe("embeddings through OpenAI's SDK from the simulator", () => {
  it.each([
    ["a text", "a dog", 1],
    ["token ids", [1, 2, 3], 1],
    ["texts", ["a dog", "a cat"], 2],
    ["lists of token ids", [[1], [2, 3]], 2],
  ] as const)("take %s", async (_name, input, count) => {
    const result = await client.embeddings.create({
      model: "simulator/embed",
      input: input as unknown as string[],
      dimensions: 8,
    });
    const vectors = vectorsOf(result);
    expect(vectors).toHaveLength(count);
    for (const vector of vectors) expect(vector).toHaveLength(8);
    expect(result.usage.prompt_tokens).toBeGreaterThan(0);
    expect(result.usage.total_tokens).toBe(result.usage.prompt_tokens);
  });

  it("trap 136: are the same in either encoding, to the 32 bits of base64", async () => {
    const ask = { model: "simulator/embed", input: "a dog", dimensions: 16 };
    const [coded] = vectorsOf(await client.embeddings.create(ask));
    const [plain = []] = vectorsOf(await client.embeddings.create({ ...ask, encoding_format: "float" }));
    expect(coded).toEqual(plain.map(Math.fround));
  });

  it("answer where the first target fails", async () => {
    upstream.behave(answerJson({ error: { message: "no" } }, 500));
    const { data, response } = await client.embeddings
      .create({ model: "either", input: "a", dimensions: 4 })
      .withResponse();
    expect(vectorsOf(data)[0]).toHaveLength(4);
    expect(response.headers.get("x-parlance-target")).toBe("simulator/embed");
  });

  it.each([
    ["dimensions", { dimensions: 0 }],
    ["encoding_format", { encoding_format: "hex" }],
    ["input", { input: [] }],
    ["input[1]", { input: ["a", 2] }],
  ])("raise the SDK's BadRequestError with the field: %s", async (param, members) => {
    const body = { model: "simulator/embed", input: "a", ...members } as unknown as OpenAI.EmbeddingCreateParams;
    const error: unknown = await client.embeddings.create(body).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ param });
  });
});
