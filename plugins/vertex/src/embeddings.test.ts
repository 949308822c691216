import { create, EmbeddingRequestSchema, Losses, ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { embedContent } from "./embed-content.js";
import { predict } from "./predict.js";

type Init = Parameters<typeof create<typeof EmbeddingRequestSchema>>[1];

const text = (value: string) => ({ kind: { case: "text" as const, value } });
const tokens = { kind: { case: "tokens" as const, value: { ids: [1] } } };
const encode = (dialect: typeof predict, init: Init, losses = new Losses()): unknown =>
  JSON.parse(dialect.encodeRequest(create(EmbeddingRequestSchema, init), { model: "m", losses }));
const failureOf = (act: () => unknown): ParlanceError => {
  try {
    act();
  } catch (error) {
    return ParlanceError.from(error);
  }
  throw new Error("it worked");
};
const extensions = { embeddings: { task_type: "RETRIEVAL_QUERY", autoTruncate: false, title: "T" } };

describe("vectors of predict", () => {
  it("are asked for as instances and parameters", () => {
    expect(encode(predict, { inputs: [text("a"), text("b")], dimensions: 256, extensions })).toEqual({
      instances: [
        { content: "a", task_type: "RETRIEVAL_QUERY", title: "T" },
        { content: "b", task_type: "RETRIEVAL_QUERY", title: "T" },
      ],
      parameters: { outputDimensionality: 256, autoTruncate: false },
    });
    expect(encode(predict, { inputs: [text("a")] })).toEqual({ instances: [{ content: "a" }] });
  });

  it("are read with the sum of their tokens, and with a word on what was cut", () => {
    const prediction = (values: number[], token_count: number, truncated = false) => ({
      embeddings: { values, statistics: { token_count, truncated } },
    });
    const body = { predictions: [prediction([1, 2], 3), prediction([4], 5, true)], metadata: {} };
    const result = predict.decodeResponse(JSON.stringify(body));
    expect(result.embeddings.map(({ vector }) => vector)).toEqual([[1, 2], [4]]);
    expect(result.usage?.inputTokens).toBe(8);
    expect(result.embeddings[1]?.extensions).toEqual({ "vertex-predict": { truncated: true } });
    const bare = predict.decodeResponse('{"predictions":[{"embeddings":{"values":[1]}}]}');
    expect(bare.usage).toBeUndefined();
  });
});

describe("vectors of embedContent", () => {
  it("are asked for one a call", () => {
    expect(encode(embedContent, { inputs: [text("a")], dimensions: 256, extensions })).toEqual({
      content: { parts: [{ text: "a" }] },
      taskType: "RETRIEVAL_QUERY",
      title: "T",
      autoTruncate: false,
      outputDimensionality: 256,
    });
    expect(failureOf(() => encode(embedContent, { inputs: [text("a"), text("b")] }))).toMatchObject({
      code: "unsupported",
      facts: { field: "inputs" },
    });
  });

  it("are read with their tokens", () => {
    const result = embedContent.decodeResponse(
      '{"embedding":{"values":[0.25]},"usageMetadata":{"promptTokenCount":2}}',
    );
    expect([result.embeddings[0]?.vector, result.usage?.inputTokens]).toEqual([[0.25], 2]);
  });

  it("keep what else the answer tells", () => {
    const usageMetadata = { promptTokenCount: 2, promptTokensDetails: [{ modality: "TEXT", tokenCount: 2 }] };
    const result = embedContent.decodeResponse(
      JSON.stringify({ embedding: { values: [1] }, truncated: true, usageMetadata }),
    );
    expect(result.extensions).toEqual({
      "vertex-embed-content": {
        truncated: true,
        usageMetadata: { promptTokensDetails: [{ modality: "TEXT", tokenCount: 2 }] },
      },
    });
  });

  it.each([1.5, -1, 1e15, "3"])("are read where their tokens are no count: %j", (tokens) => {
    const one = { embeddings: { values: [1], statistics: { token_count: tokens } } };
    const predicted = predict.decodeResponse(
      JSON.stringify({ predictions: [one], metadata: { billableCharacterCount: 4 } }),
    );
    expect(predicted.usage).toBeUndefined();
    expect(predicted.extensions).toEqual({ "vertex-predict": { metadata: { billableCharacterCount: 4 } } });
    const embedded = { embedding: { values: [1] }, usageMetadata: { promptTokenCount: tokens } };
    expect(embedContent.decodeResponse(JSON.stringify(embedded)).usage).toBeUndefined();
  });
});

describe.each([
  ["predict", predict, [{}, { predictions: [{}] }, { predictions: [{ embeddings: { values: [null] } }] }]],
  ["embedContent", embedContent, [{}, { embedding: {} }, { embedding: { values: "a" } }]],
])("vectors of %s", (_name, dialect, broken) => {
  it("are not made of token ids, and not read of what holds none", () => {
    expect(failureOf(() => encode(dialect, { inputs: [tokens] }))).toMatchObject({ facts: { field: "inputs[0]" } });
    for (const body of ["<html>", "[]", ...broken.map((one) => JSON.stringify(one))]) {
      expect(failureOf(() => dialect.decodeResponse(body)).code, body).toBe("malformed_answer");
    }
  });

  it("tell what of a request they leave out", () => {
    const losses = new Losses();
    encode(dialect, { inputs: [text("a")], endUser: "u", extensions: { embeddings: { truncate: "END" } } }, losses);
    expect(losses.list.map(({ path }) => path)).toEqual(["extensions.embeddings.truncate", "end_user"]);
  });

  it("are refused in Google's words", () => {
    const body = Buffer.from(
      '[{"error":{"code":404,"message":"Publisher Model `x` not found.","status":"NOT_FOUND"}}]',
    );
    expect(dialect.decodeError(404, {}, body)).toMatchObject({ code: "model_not_found" });
    expect(dialect.decodeError(502, {}, Buffer.from("<html>")).code).toBe("provider_error");
  });
});
