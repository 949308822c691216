import { describe, expect, test } from "vitest";
import { Losses, skim } from "../../sdk/index.js";
import { embeddings } from "./index.js";

const answer = (data: unknown[]) =>
  JSON.stringify({ object: "list", data, model: "m", usage: { prompt_tokens: 3, total_tokens: 3 } });

describe("embeddings", () => {
  test("trap 136: floats become base64 of 32-bit floats and come back", () => {
    const result = embeddings.decodeResponse(answer([{ object: "embedding", index: 0, embedding: [0.5, -0.25, 1] }]));
    const wire = JSON.parse(embeddings.encodeResponse(result, { model: "m", base64: true }));
    expect(wire.data[0].embedding).toBe("AAAAPwAAgL4AAIA/");
    expect(embeddings.decodeResponse(JSON.stringify(wire)).embeddings[0]?.vector).toEqual([0.5, -0.25, 1]);
    expect(JSON.parse(embeddings.encodeResponse(result, { model: "m", base64: false })).data[0].embedding).toEqual([
      0.5, -0.25, 1,
    ]);
  });

  test("trap 136: decimal text is kept to its last digit", () => {
    const digits = "-0.002306425534188747";
    const text = answer([{ object: "embedding", index: 0, embedding: [0] }]).replace("[0]", `[${digits}]`);
    expect(embeddings.encodeResponse(embeddings.decodeResponse(text), { model: "m", base64: false })).toContain(digits);
  });

  test("trap 136: vectors are ordered by index", () => {
    const result = embeddings.decodeResponse(
      answer([
        { index: 1, embedding: [1] },
        { index: 0, embedding: [0] },
      ]),
    );
    expect(result.embeddings.map(({ vector }) => vector[0])).toEqual([0, 1]);
  });

  test.each([
    ["a text", "a"],
    ["texts", ["a", "b"]],
    ["token ids", [1, 2]],
    ["lists of token ids", [[1], [2, 3]]],
  ])("trap 136: %s as input comes back as it was", (_, input) => {
    const body = { model: "m", input, dimensions: 8, encoding_format: "base64", user: "u", truncate: "END" };
    const losses = new Losses();
    const request = embeddings.decodeRequest(JSON.stringify(body));
    expect(JSON.parse(embeddings.encodeRequest(request, { model: "m", losses }))).toEqual(body);
    expect(losses.list).toEqual([]);
  });

  test.each([
    ["model", { input: "a" }],
    ["input", { model: "m" }],
    ["input", { model: "m", input: [] }],
    ["input[1]", { model: "m", input: ["a", {}] }],
    ["dimensions", { model: "m", input: "a", dimensions: 0 }],
    ["encoding_format", { model: "m", input: "a", encoding_format: "hex" }],
  ])("a fault in %s is named", (field, body) => {
    expect(() => embeddings.decodeRequest(JSON.stringify(body))).toThrow(expect.objectContaining({ facts: { field } }));
  });

  test("fields of another dialect are told as losses", () => {
    const request = embeddings.decodeRequest('{"model":"m","input":"a"}');
    request.extensions = { ...request.extensions, other: { task: "x" } };
    const losses = new Losses();
    embeddings.encodeRequest(request, { model: "m", losses });
    expect(losses.list.map(({ path }) => path)).toEqual(["extensions.other.task"]);
  });

  test("only the model's name changes on the way through", () => {
    const body = Buffer.from('{ "input": "a", "model": "x" }');
    expect(embeddings.spliceRequest(body, skim(body), { model: "y" }).toString()).toBe(
      '{ "input": "a", "model": "y" }',
    );
    expect(embeddings.spliceRequest(body, skim(body), { model: "x" })).toBe(body);
  });

  test.each([
    ['{"data":[{"object":"embedding","embedding":"AAAA"}]}', true, true],
    ['{"data":[{"embedding" : "AAAA"}]}', false, false],
    ['{"data":[{"object": "embedding", "index":0,"embedding":\n[0.5]}]}', false, true],
    ['{"data":[{"object":"embedding","embedding":[0.5]}]}', true, false],
    ['{"data":[]}', true, true],
  ])("trap 136: whether %s is as a caller who asked for base64 (%s) wants it: %s", (text, base64, fits) => {
    expect(embeddings.isEncodedAs(Buffer.from(text), { base64 })).toBe(fits);
  });

  test("an error in a 200 is an error", () => {
    expect(() => embeddings.decodeResponse('{"error":{"message":"broken"}}')).toThrow("broken");
    expect(() => embeddings.decodeResponse("<html>")).toThrow("not JSON");
  });
});
