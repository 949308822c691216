import { describe, expect, it } from "vitest";
import { modelTraits } from "./model-traits.js";

describe("the traits of a model", () => {
  it.each([
    ["claude-2.1", 4096],
    ["claude-instant-1.2", 4096],
    ["claude-3-opus-20240229", 4096],
    ["claude-3-haiku-20240307", 4096],
    ["claude-3-5-sonnet-20241022", 8192],
    ["claude-3-5-haiku-latest", 8192],
    ["claude-3-7-sonnet-20250219", 64_000],
    ["claude-sonnet-4-20250514", 64_000],
    ["claude-sonnet-4-0", 64_000],
    ["claude-opus-4-20250514", 32_000],
    ["claude-opus-4-1-20250805", 32_000],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", 32_000],
    ["claude-opus-4-1@20250805", 32_000],
    ["claude-haiku-4-5-20251001", 64_000],
    ["anthropic/claude-sonnet-4.5", 64_000],
    ["claude-opus-4-6", 128_000],
    ["claude-sonnet-5", 128_000],
    ["claude-opus-5-5", 128_000],
    ["claude-mythos-preview", 128_000],
  ])("say that %s generates up to %i tokens", (model, tokens) => {
    expect(modelTraits(model).maxOutputTokens).toBe(tokens);
  });

  it.each([
    ["claude-3-5-sonnet-20241022", "none"],
    ["claude-3-7-sonnet-20250219", "budget"],
    ["claude-haiku-4-5", "budget"],
    ["claude-opus-4-6", "adaptive"],
    ["claude-fable-5", "adaptive"],
  ])("say that %s reasons in the way %s", (model, reasoning) => {
    expect(modelTraits(model).reasoning).toBe(reasoning);
  });

  it.each([
    ["claude-sonnet-4-20250514", "any"],
    ["claude-opus-4-1", "one_of_temperature_top_p"],
    ["claude-sonnet-4-6", "one_of_temperature_top_p"],
    ["claude-opus-4-7", "fixed"],
    ["claude-sonnet-5-5", "fixed"],
  ])("say that %s takes sampling as %s", (model, sampling) => {
    expect(modelTraits(model).sampling).toBe(sampling);
  });

  it("say which ones obey schemas, take system messages in the conversation and continue the assistant", () => {
    expect(modelTraits("claude-opus-4-1")).toMatchObject({ jsonSchema: false, prefill: true });
    expect(modelTraits("claude-opus-4-5")).toMatchObject({ jsonSchema: true, prefill: true });
    expect(modelTraits("claude-sonnet-4-6")).toMatchObject({ prefill: false, systemInConversation: false });
    expect(modelTraits("claude-opus-4-8")).toMatchObject({ prefill: false, systemInConversation: true });
  });

  it("say nothing of models that are not Claude", () => {
    expect(modelTraits("qwen3-coder")).toEqual({});
  });
});
