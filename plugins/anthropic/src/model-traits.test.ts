import { describe, expect, it } from "vitest";
import { modelTraits } from "./model-traits.js";

describe("what a Claude model takes", () => {
  it.each([
    ["claude-3-opus-20240229", 4096, "none"],
    ["claude-3-5-sonnet-latest", 8192, "none"],
    ["claude-3-7-sonnet-20250219", 64_000, "budget"],
    ["claude-sonnet-4-20250514", 64_000, "budget"],
    ["claude-opus-4-1", 32_000, "budget"],
    ["claude-sonnet-4-5", 64_000, "budget"],
    ["claude-opus-4-6", 128_000, "adaptive"],
    ["claude-next", 64_000, "adaptive"],
  ])("is known by its name: %s", (model, maxOutputTokens, reasoning) => {
    expect(modelTraits(model)).toMatchObject({ maxOutputTokens, reasoning });
  });

  it("is the newest for a name that tells nothing, and only the newest takes system messages late", () => {
    expect(modelTraits("my-deployment").systemInConversation).toBe(true);
    expect(modelTraits("claude-sonnet-4-6").systemInConversation).toBe(false);
  });
});
