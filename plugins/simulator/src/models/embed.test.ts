import { create, EmbeddingRequestSchema } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { simulator } from "../../../../test/support/simulate.js";

describe("the model embed", () => {
  const embed = async (texts: string[], dimensions?: number, model = "embed") =>
    simulator().provider.embed?.(
      create(EmbeddingRequestSchema, {
        inputs: texts.map((text) => ({ kind: { case: "text" as const, value: text } })),
        ...(dimensions !== undefined && { dimensions }),
      }),
      { model, signal: new AbortController().signal, requestId: "r", stream: false },
    );
  const product = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);

  it.each([undefined, 1, 8, 1536])("makes unit vectors of the length that is asked for: %s", async (dimensions) => {
    const result = await embed(["The cat sat on the mat", "", "?!"], dimensions);
    expect(result?.embeddings.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { vector } of result?.embeddings ?? []) {
      expect(vector).toHaveLength(dimensions ?? 1024);
      expect(product(vector, vector)).toBeCloseTo(1, 9);
    }
  });

  it("makes equal vectors of equal texts and near ones of similar texts", async () => {
    const result = await embed([
      "The cat sat on the mat",
      "The cat sat on the mat",
      "A cat sits on a mat",
      "Quarterly revenue exceeded forecasts",
    ]);
    const [first, second, near, far] = (result?.embeddings ?? []).map(({ vector }) => vector);
    expect(second).toEqual(first);
    const nearness = product(first as number[], near as number[]);
    expect(nearness).toBeGreaterThan(0.3);
    expect(nearness).toBeGreaterThan(product(first as number[], far as number[]) + 0.2);
  });

  it("refuses what cannot be", async () => {
    await expect(embed([])).rejects.toMatchObject({ code: "invalid_request", facts: { field: "inputs" } });
    await expect(embed(["x"], 0)).rejects.toMatchObject({ code: "invalid_request", facts: { field: "dimensions" } });
    await expect(embed(["x"], undefined, "echo")).rejects.toMatchObject({ code: "unsupported" });
    await expect(embed(["x"], undefined, "error-429")).rejects.toMatchObject({ code: "provider_rate_limited" });
    await expect(embed(["x"], undefined, "nothing")).rejects.toMatchObject({ code: "model_not_found" });
  });
});
