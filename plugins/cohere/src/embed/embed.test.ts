import { describe, expect, it } from "vitest";
import { dialectsOf, encodeEmbedding } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { embed } = dialectsOf(plugin);
const texts = (...list: string[]) => list.map((value) => ({ kind: { case: "text" as const, value } }));
const PICTURE = "data:image/png;base64,iVBORw0KGgo=";

describe("embeddings of Cohere", () => {
  it("say what they are made for, which the caller and the settings may say otherwise", () => {
    const ask = { inputs: texts("a", "b"), dimensions: 256, endUser: "u" };
    const { body, losses } = encodeEmbedding(embed, ask);
    expect(body).toEqual({
      model: "m",
      input_type: "search_document",
      embedding_types: ["float"],
      texts: ["a", "b"],
      output_dimension: 256,
    });
    expect(losses.map(({ path }) => path)).toEqual(["end_user"]);
    const { embed: configured } = dialectsOf(plugin, { input_type: "search_query", truncate: "START" });
    expect(encodeEmbedding(configured, ask).body).toMatchObject({ input_type: "search_query", truncate: "START" });
    const extensions = { cohere: { input_type: "clustering", truncate: "NONE", embedding_types: ["int8", "float"] } };
    expect(encodeEmbedding(configured, { ...ask, extensions }).body).toMatchObject(extensions.cohere);
  });

  it("are of pictures too, as each generation of models takes them", () => {
    expect(encodeEmbedding(embed, { inputs: texts("a", PICTURE) }, "embed-v4.0").body.inputs).toEqual([
      { content: [{ type: "text", text: "a" }] },
      { content: [{ type: "image_url", image_url: { url: PICTURE } }] },
    ]);
    expect(encodeEmbedding(embed, { inputs: texts(PICTURE) }, "embed-english-v3.0").body).toMatchObject({
      images: [PICTURE],
      input_type: "image",
    });
    expect(() => encodeEmbedding(embed, { inputs: texts(PICTURE, "a") }, "embed-english-v3.0")).toThrow(/inputs\[1\]/);
  });

  it("are of no ids of tokens", () => {
    const tokens = { kind: { case: "tokens" as const, value: { ids: [1] } } };
    expect(() => encodeEmbedding(embed, { inputs: [tokens] })).toThrow(/inputs\[0\] must be text/);
  });

  it("are read by the type that was asked for, and keep the others", () => {
    const result = embed.decodeResponse(
      JSON.stringify({
        id: "e-1",
        texts: ["a", "b"],
        embeddings: {
          float: [
            [0.5, -1],
            [1, 2],
          ],
          int8: [
            [1, 2],
            [3, 4],
          ],
        },
        meta: { billed_units: { input_tokens: 7, image_tokens: 2 } },
        response_type: "embeddings_by_type",
      }),
    );
    expect(result.embeddings).toMatchObject([
      { index: 0, vector: [0.5, -1], extensions: { cohere: { int8: [1, 2] } } },
      { index: 1, vector: [1, 2], extensions: { cohere: { int8: [3, 4] } } },
    ]);
    expect(result.usage?.inputTokens).toBe(9);
    expect(result.extensions).toMatchObject({ cohere: { id: "e-1", response_type: "embeddings_by_type" } });
  });

  it("are read where they are bytes, and where they have no types", () => {
    const bytes = Buffer.alloc(8);
    bytes.writeFloatLE(0.5, 0);
    bytes.writeFloatLE(-2, 4);
    const told = (embeddings: unknown) => embed.decodeResponse(JSON.stringify({ embeddings })).embeddings[0];
    expect(told({ base64: [bytes.toString("base64")] })?.vector).toEqual([0.5, -2]);
    expect(told([[1, 2]])).toMatchObject({ vector: [1, 2] });
    expect(told({ ubinary: [[255, 0]] })).toMatchObject({
      vector: [255, 0],
      extensions: { cohere: { ubinary: [255, 0] } },
    });
  });

  it("are refused when they are none", () => {
    expect(() => embed.decodeResponse('{"id":"1","message":"no such model"}')).toThrow("no such model");
    expect(() => embed.decodeResponse('{"embeddings":{}}')).toThrow(/no embeddings/);
    expect(() => embed.decodeResponse('{"embeddings":{"float":[[null]]}}')).toThrow(/no embeddings/);
    expect(embed.decodeError(400, {}, Buffer.from('{"message":"invalid request"}')).code).toBe("invalid_request");
  });
});
