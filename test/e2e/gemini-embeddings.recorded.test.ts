import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../kits/gateway.js";
import { answerJson, startUpstream, type TestUpstream } from "../kits/upstream.js";
import { recordings } from "../recordings.js";

interface Asked {
  readonly requests: readonly {
    readonly model: string;
    readonly content: { readonly parts: readonly { text: string }[] };
    readonly taskType?: string;
    readonly outputDimensionality?: number;
  }[];
}

interface Answered {
  readonly embeddings: readonly { values: number[] }[];
  readonly usageMetadata?: { promptTokenCount: number };
}

const all = recordings({ provider: "gemini", api: "batchEmbedContents" });
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

const isPlain = ({ requests }: Asked): boolean => requests.every(({ content }) => content.parts.length === 1);

it("there are recordings of vectors of the Gemini API", () => {
  expect(all.length).toBeGreaterThanOrEqual(5);
});

it.each(all.map((recording) => [recording.file, recording] as const))(
  "vectors of the Gemini API are asked for and read as recorded: %s",
  async (_file, { request, response }) => {
    const asked = request.body as unknown as Asked;
    const [first] = asked.requests;
    const model = first?.model.replace("models/", "") ?? "";
    upstream.behave(answerJson(response.body, response.status));
    const answer = client.embeddings.create({
      model: `gemini/${model}`,
      input: asked.requests.map(({ content }) => content.parts.map(({ text }) => text).join("")),
      ...(first?.outputDimensionality !== undefined && { dimensions: first.outputDimensionality }),
      ...(first?.taskType !== undefined && { task_type: first.taskType }),
    });
    if (response.status === 404) await expect(answer).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    else {
      const { embeddings, usageMetadata } = response.body as unknown as Answered;
      const { data, usage } = await answer;
      // The SDK asks for base64, which has the precision of 32 bits.
      expect(data.map(({ embedding }) => embedding)).toEqual(
        embeddings.map(({ values }) => [...Float32Array.from(values)]),
      );
      if (usageMetadata !== undefined) expect(usage.prompt_tokens).toBe(usageMetadata.promptTokenCount);
    }
    const seen = upstream.seen.at(-1);
    expect(seen?.path).toBe(request.url_path.replace(/\?.*/, ""));
    expect(seen?.headers["x-goog-api-key"]).toBe("k");
    // One recorder names a role that the API takes no notice of, and one asked for a single vector of two pieces.
    const bare = asked.requests.map((one) => ({ ...one, content: { parts: one.content.parts } }));
    if (isPlain(asked)) expect(seen?.json()).toEqual({ requests: bare });
  },
);
