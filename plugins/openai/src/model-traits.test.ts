import { describe, expect, it } from "vitest";
import { modelTraits } from "./model-traits.js";

describe("the traits of a model", () => {
  it.each([
    "o1",
    "o1-preview",
    "o3-mini-2025-01-31",
    "o4-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5.2-pro",
    "GPT-5-nano",
    "openai/o3",
    "ft:o4-mini-2025-04-16:acme::id",
  ])("say that %s reasons: another field for its limit, developer messages, fixed sampling", (model) => {
    expect(modelTraits(model)).toMatchObject({
      maxTokensField: "max_completion_tokens",
      systemRole: "developer",
      sampling: "fixed",
    });
  });

  it.each([
    "gpt-4o",
    "gpt-4.1-mini",
    "gpt-3.5-turbo",
    "gpt-35-turbo",
    "gpt-5-chat-latest",
    "gpt-5.1-chat-latest",
    "gpt-50x",
    "o1x-tuned",
    "olmo-2",
    "llama-3.1-8b",
    "smollm2",
    "text-embedding-3-small",
  ])("say that %s takes what every compatible server takes", (model) => {
    expect(modelTraits(model)).toMatchObject({ maxTokensField: "max_tokens", sampling: "any", systemRole: "system" });
  });

  it.each([
    ["gpt-4o", false],
    ["gpt-4-turbo", false],
    ["gpt-3.5-turbo-0125", false],
    ["ft:gpt-5-mini:acme::id", false],
    ["o3", false],
    ["gpt-3.5-turbo-instruct", undefined],
    ["ft:babbage-002:acme::id", undefined],
    ["davinci-002", undefined],
    ["gpt-oss-20b", undefined],
    ["openai/gpt-4o", undefined],
    ["facebook/opt-125m", undefined],
  ])("say whether %s answers legacy completions: %s", (model, completions) => {
    expect(modelTraits(model).completions).toBe(completions);
  });
});
