import { describe, expect, it } from "vitest";
import { modelTraits } from "./model-traits.js";

describe("the traits of a model", () => {
  it.each([
    ["anthropic.claude-v2:1", "none", false],
    ["anthropic.claude-3-haiku-20240307-v1:0", "none", false],
    ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "budget", false],
    ["us.anthropic.claude-sonnet-4-20250514-v1:0", "budget", false],
    ["global.anthropic.claude-haiku-4-5-20251001-v1:0", "budget", true],
    ["us.anthropic.claude-sonnet-4-6", "adaptive", true],
    ["arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.anthropic.claude-opus-4-8-v1:0", "adaptive", true],
    ["us.anthropic.claude-sonnet-5", "adaptive", true],
    ["amazon.nova-pro-v1:0", "none", false],
    ["us.amazon.nova-2-lite-v1:0", "adaptive", false],
    ["openai.gpt-oss-120b-1:0", "adaptive", true],
    ["qwen.qwen3-32b-v1:0", undefined, true],
    ["google.gemma-3-27b-it", undefined, true],
    ["zai.glm-4.7-flash", undefined, true],
    ["moonshot.kimi-k2-thinking", undefined, true],
    ["mistral.mistral-large-2407-v1:0", "none", false],
    ["mistral.devstral-2-123b", undefined, true],
    ["meta.llama3-8b-instruct-v1:0", "none", false],
    ["a-name-that-tells-nothing", undefined, undefined],
  ])("say of %s that it reasons %s and obeys schemas: %s", (model, reasoning, jsonSchema) => {
    expect(modelTraits(model)).toMatchObject({
      ...(reasoning && { reasoning }),
      ...(jsonSchema !== undefined && { jsonSchema }),
    });
    if (reasoning === undefined) expect(modelTraits(model)).not.toHaveProperty("reasoning");
  });

  it("say which models of Claude take temperature and top_p, one of them, or neither", () => {
    expect(modelTraits("anthropic.claude-3-5-sonnet-20240620-v1:0").sampling).toBeUndefined();
    expect(modelTraits("us.anthropic.claude-opus-4-1-20250805-v1:0").sampling).toBe("one_of_temperature_top_p");
    expect(modelTraits("us.anthropic.claude-opus-4-7").sampling).toBe("fixed");
  });
});
