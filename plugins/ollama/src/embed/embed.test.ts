import { describe, expect, it } from "vitest";
import { dialectsOf, encodeEmbedding } from "../../../../test/support/target-dialects.js";
import plugin from "../index.js";

const { embed } = dialectsOf(plugin, { keep_alive: "5m", num_ctx: 2048 });
const texts = (...list: string[]) => list.map((value) => ({ kind: { case: "text" as const, value } }));

describe("embeddings of Ollama", () => {
  it("are asked for by text, with what the settings and the caller say", () => {
    const { body, losses } = encodeEmbedding(embed, {
      inputs: texts("a", "b"),
      dimensions: 256,
      endUser: "u",
      extensions: { ollama: { truncate: false, options: { num_thread: 2 } }, cohere: { input_type: "x" } },
    });
    expect(body).toEqual({
      model: "m",
      input: ["a", "b"],
      dimensions: 256,
      truncate: false,
      keep_alive: "5m",
      options: { num_ctx: 2048, num_thread: 2 },
    });
    expect(losses.map(({ path }) => path)).toEqual(["extensions.cohere.input_type", "end_user"]);
  });

  it("are of text only", () => {
    const tokens = { kind: { case: "tokens" as const, value: { ids: [1] } } };
    expect(() => encodeEmbedding(embed, { inputs: [...texts("a"), tokens] })).toThrow(/inputs\[1\] must be text/);
  });

  it("are read in the order of their texts", () => {
    const result = embed.decodeResponse(
      '{"model":"nomic","embeddings":[[0.1,-0.2],[1,2]],"prompt_eval_count":2,"load_duration":7,"x":1}',
    );
    expect(result.embeddings.map(({ index, vector }) => [index, vector])).toEqual([
      [0, [0.1, -0.2]],
      [1, [1, 2]],
    ]);
    expect(result).toMatchObject({ model: "nomic", usage: { inputTokens: 2 }, extensions: { ollama: { x: 1 } } });
  });

  it("are refused when they are none", () => {
    expect(() => embed.decodeResponse('{"error":"no such model"}')).toThrow("no such model");
    expect(() => embed.decodeResponse('{"embeddings":[["x"]]}')).toThrow(/no embeddings/);
    expect(embed.decodeError(404, {}, Buffer.from(`{"error":"model 'a.b' not found"}`)).code).toBe("model_not_found");
  });
});
