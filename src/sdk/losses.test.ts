import { describe, expect, it } from "vitest";
import { LossKind } from "../gen/parlance/v1/usage_pb.js";
import { ParlanceError } from "./errors.js";
import { Losses } from "./losses.js";

describe("losses", () => {
  it("are listed in the order in which they came, with their kind, path and reason", () => {
    const losses = new Losses();
    losses.drop("top_k", "This dialect has no top_k.");
    losses.approximate("messages[2].parts[0].image.detail", "It knows low and high only.");
    expect(losses.list).toMatchObject([
      { path: "top_k", kind: LossKind.DROPPED, reason: "This dialect has no top_k." },
      { path: "messages[2].parts[0].image.detail", kind: LossKind.APPROXIMATED, reason: "It knows low and high only." },
    ]);
  });

  it("are refused in strict mode, dropped and approximated alike, by an error that names the field", () => {
    for (const lose of ["drop", "approximate"] as const) {
      const losses = new Losses(true);
      const refused = thrownBy(() => losses[lose]("seed", "This dialect has no seed."));
      expect(refused).toMatchObject({ code: "unsupported", facts: { field: "seed" } });
      expect(refused?.message).toContain("seed would be lost: This dialect has no seed.");
      expect(losses.list).toEqual([]);
    }
  });

  it("are not strict unless that is asked for", () => {
    expect(new Losses().strict).toBe(false);
  });
});

function thrownBy(run: () => void): ParlanceError | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return ParlanceError.is(thrown) ? thrown : undefined;
  }
}
