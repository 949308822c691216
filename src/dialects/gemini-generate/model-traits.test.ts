import { describe, expect, it } from "vitest";
import { modelTraits } from "./model-traits.js";

describe("the traits of a model", () => {
  it.each([
    ["gemini-1.5-flash-8b", 8192],
    ["gemini-2.0-flash-lite", 8192],
    ["gemini-2.5-flash", 65_536],
    ["google/gemini-2.5-pro", 65_536],
    ["gemini-3-flash-preview", 65_536],
    ["gemini-flash-latest", 65_536],
  ])("say that %s generates up to %i tokens", (model, tokens) => {
    expect(modelTraits(model).maxOutputTokens).toBe(tokens);
  });

  it.each([
    ["gemini-2.0-flash", "none", undefined],
    ["gemini-2.5-flash-lite", "budget", ["none", "minimal", "low", "medium", "high"]],
    ["gemini-2.5-pro", "budget", ["minimal", "low", "medium", "high"]],
    ["gemini-3-pro-preview", "adaptive", ["low", "high"]],
    ["gemini-3.1-pro-preview", "adaptive", ["low", "medium", "high"]],
    ["gemini-3.5-flash", "adaptive", ["minimal", "low", "medium", "high"]],
    ["gemini-pro-latest", "adaptive", ["low", "medium", "high"]],
  ])("say that %s reasons in the way %s", (model, reasoning, efforts) => {
    expect(modelTraits(model)).toMatchObject({ reasoning, ...(efforts && { efforts }) });
  });

  it("say which ones take JSON schemas, and which of them beside tools", () => {
    expect(modelTraits("gemini-1.5-pro").jsonSchema).toBe(false);
    expect(modelTraits("gemini-2.0-flash").jsonSchema).toBe(true);
    expect(modelTraits("gemini-2.5-flash").toolsWithFormat).toBe(false);
    expect(modelTraits("gemini-3-pro-preview").toolsWithFormat).toBeUndefined();
  });

  it("say nothing of models that paint or speak, nor of those that are not Gemini", () => {
    for (const model of ["gemini-2.5-flash-image", "gemini-2.5-pro-preview-tts", "gemma-3-27b-it"]) {
      expect(modelTraits(model)).toEqual({});
    }
  });
});
