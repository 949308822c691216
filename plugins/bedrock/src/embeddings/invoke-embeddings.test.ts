import { create, EmbeddingRequestSchema, Losses, type MessageInitShape, type ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { invokeEmbeddings } from "./invoke-embeddings.js";
import type { Purpose } from "./texts.js";

const TITAN = "amazon.titan-embed-text-v2:0";
const NOVA = "us.amazon.nova-2-multimodal-embeddings-v1:0";
const of = (...texts: string[]) => texts.map((value) => ({ kind: { case: "text" as const, value } }));

function encode(
  model: string,
  init: Omit<MessageInitShape<typeof EmbeddingRequestSchema>, "$typeName">,
  purpose: Purpose = "index",
) {
  const losses = new Losses();
  const dialect = invokeEmbeddings({ baseModel: (name) => (name === "arn:x/profile" ? TITAN : name), purpose });
  const body: unknown = JSON.parse(dialect.encodeRequest(create(EmbeddingRequestSchema, init), { model, losses }));
  return { body, lost: losses.list.map(({ path }) => path) };
}
const decode = (body: unknown) =>
  invokeEmbeddings({ baseModel: (name) => name, purpose: "index" }).decodeResponse(JSON.stringify(body));
const vectorsOf = (body: unknown) => decode(body).embeddings.map(({ vector }) => vector);

describe("embeddings of Titan", () => {
  it("are asked for with one text, and dimensions from the second generation on", () => {
    const fields = { extensions: { "bedrock-invoke": { normalize: false } } };
    expect(encode(TITAN, { inputs: of("a"), dimensions: 256, ...fields }).body).toEqual({
      inputText: "a",
      dimensions: 256,
      normalize: false,
    });
    expect(encode("arn:x/profile", { inputs: of("a") }).body).toEqual({ inputText: "a" });
    expect(encode("amazon.titan-embed-text-v1", { inputs: of("a"), dimensions: 256, endUser: "u" })).toEqual({
      body: { inputText: "a" },
      lost: ["end_user", "dimensions"],
    });
  });

  it("are read with what they took", () => {
    const body = { embedding: [0.1, 2], inputTextTokenCount: 3, embeddingsByType: { float: [0.1, 2], binary: [1, 0] } };
    expect(decode(body)).toMatchObject({
      embeddings: [{ index: 0, vector: [0.1, 2] }],
      usage: { inputTokens: 3 },
      extensions: { "bedrock-invoke": { embeddingsByType: { binary: [1, 0] } } },
    });
    expect(decode({ embedding: [1], inputTextTokenCount: 1.5 }).usage).toBeUndefined();
  });

  it("are refused for several texts, and for token ids, by name", () => {
    const refused = (inputs: MessageInitShape<typeof EmbeddingRequestSchema>["inputs"]) => {
      try {
        encode(TITAN, { inputs: inputs ?? [] });
      } catch (thrown) {
        return thrown as ParlanceError;
      }
      return undefined;
    };
    expect(refused(of("a", "b"))).toMatchObject({ code: "unsupported", facts: { field: "input" } });
    expect(refused([{ kind: { case: "tokens", value: { ids: [1] } } }])).toMatchObject({
      code: "invalid_request",
      facts: { field: "inputs[0]" },
    });
  });
});

describe("embeddings of Cohere", () => {
  it("are asked for with many texts and what they are for", () => {
    expect(encode("cohere.embed-english-v3", { inputs: of("a", "b"), dimensions: 5 }, "query")).toEqual({
      body: { input_type: "search_query", embedding_types: ["float"], texts: ["a", "b"] },
      lost: ["dimensions"],
    });
    const own = { extensions: { "bedrock-invoke": { input_type: "clustering", truncate: "END" } } };
    expect(encode("cohere.embed-v4:0", { inputs: of("a"), dimensions: 512, ...own }).body).toEqual({
      input_type: "clustering",
      embedding_types: ["float"],
      truncate: "END",
      texts: ["a"],
      output_dimension: 512,
    });
    expect(() => encode("cohere.embed-v4:0", { inputs: of(...Array.from({ length: 97 }, String)) })).toThrow(
      "96 a call",
    );
  });

  it("are read in both of their forms", () => {
    expect(vectorsOf({ embeddings: [[1], [2]], response_type: "embeddings_floats", id: "x" })).toEqual([[1], [2]]);
    expect(vectorsOf({ embeddings: { float: [[1], [2]], int8: [[3], [4]] } })).toEqual([[1], [2]]);
  });
});

describe("embeddings of Nova", () => {
  it("are asked for with one text and their purpose, and read", () => {
    expect(encode(NOVA, { inputs: of("a"), dimensions: 384 }, "query").body).toEqual({
      taskType: "SINGLE_EMBEDDING",
      singleEmbeddingParams: {
        embeddingPurpose: "GENERIC_RETRIEVAL",
        embeddingDimension: 384,
        text: { truncationMode: "NONE", value: "a" },
      },
    });
    expect(vectorsOf({ embeddings: [{ embeddingType: "TEXT", embedding: [1, 2] }] })).toEqual([[1, 2]]);
  });
});

describe("embeddings of other models", () => {
  it("are refused, and so is an answer without vectors", () => {
    expect(() => encode("meta.llama3-8b-instruct-v1:0", { inputs: of("a") })).toThrow("model_families");
    for (const body of [{}, { embedding: ["a"] }, { embeddings: ["a"] }, []]) {
      expect(() => decode(body)).toThrow("cannot be read");
    }
  });
});
