import { create, EmbeddingRequestSchema, Losses, ParlanceError } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { embedContents } from "./embed-contents.js";

type Init = Parameters<typeof create<typeof EmbeddingRequestSchema>>[1];

const text = (value: string) => ({ kind: { case: "text" as const, value } });
const encode = (init: Init, losses = new Losses()): unknown =>
  JSON.parse(
    embedContents.encodeRequest(create(EmbeddingRequestSchema, init), { model: "gemini-embedding-001", losses }),
  );
const decode = (body: unknown) => embedContents.decodeResponse(typeof body === "string" ? body : JSON.stringify(body));
const failureOf = (act: () => unknown): ParlanceError => {
  try {
    act();
  } catch (error) {
    return ParlanceError.from(error);
  }
  throw new Error("it worked");
};

describe("vectors of the Gemini API", () => {
  it("are asked for in one batch, each with the model, the length and the task", () => {
    const extensions = { embeddings: { task_type: "RETRIEVAL_DOCUMENT" }, gemini: { title: "Tales" } };
    const more = { taskType: "RETRIEVAL_DOCUMENT", title: "Tales", outputDimensionality: 768 };
    expect(encode({ inputs: [text("a"), text("b")], dimensions: 768, extensions })).toEqual({
      requests: [
        { model: "models/gemini-embedding-001", content: { parts: [{ text: "a" }] }, ...more },
        { model: "models/gemini-embedding-001", content: { parts: [{ text: "b" }] }, ...more },
      ],
    });
    expect(encode({ inputs: [text("a")], extensions: { embeddings: { taskType: "CLUSTERING" } } })).toMatchObject({
      requests: [{ taskType: "CLUSTERING" }],
    });
  });

  it("tell what of a request they leave out", () => {
    const losses = new Losses();
    encode({ inputs: [text("a")], endUser: "u", extensions: { embeddings: { truncate: "END", $form: {} } } }, losses);
    expect(losses.list.map(({ path }) => path)).toEqual(["extensions.embeddings.truncate", "end_user"]);
  });

  it("are not made of token ids", () => {
    const ids = { kind: { case: "tokens" as const, value: { ids: [1, 2] } } };
    expect(failureOf(() => encode({ inputs: [text("a"), ids] }))).toMatchObject({
      code: "unsupported",
      facts: { field: "inputs[1]" },
    });
  });

  it("are read in their order, with usage where it is told", () => {
    const result = decode({
      embeddings: [{ values: [0.5, -1] }, { values: [2] }],
      usageMetadata: { promptTokenCount: 4 },
    });
    expect(result.embeddings.map(({ index, vector }) => [index, vector])).toEqual([
      [0, [0.5, -1]],
      [1, [2]],
    ]);
    expect(result.usage?.inputTokens).toBe(4);
    expect(decode({ embeddings: [] }).usage).toBeUndefined();
  });

  it("keep what else the answer tells, and take no number for a count that is none", () => {
    const details = { promptTokensDetails: [{ modality: "TEXT" }] };
    const result = decode({ embeddings: [], usageMetadata: { promptTokenCount: 1e15, ...details }, more: 1 });
    expect(result.usage).toBeUndefined();
    expect(result.extensions).toEqual({ "gemini-embed-contents": { usageMetadata: details, more: 1 } });
  });

  it.each([["<html>"], [{}], [[]], [{ embeddings: [{}] }], [{ embeddings: [{ values: ["a"] }] }]])(
    "are none in %j",
    (body) => expect(failureOf(() => decode(body)).code).toBe("malformed_answer"),
  );

  it("are refused in Google's words", () => {
    const refusal = (status: number, error: object) =>
      embedContents.decodeError(status, {}, Buffer.from(JSON.stringify({ error: { code: status, ...error } })));
    expect(refusal(404, { message: "models/x is not found", status: "NOT_FOUND" })).toMatchObject({
      code: "model_not_found",
      message: "models/x is not found",
    });
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }];
    const wrong = { message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT", details };
    expect(refusal(400, wrong)).toMatchObject({ code: "provider_unauthenticated" });
    expect(embedContents.decodeError(429, {}, Buffer.from('[{"error":{"message":"slow"}}]')).message).toBe("slow");
    expect(embedContents.decodeError(502, {}, Buffer.from("<html>")).code).toBe("provider_error");
  });
});
