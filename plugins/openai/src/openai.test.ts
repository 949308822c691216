import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import plugin from "./index.js";

const wireOf = (settings: Partial<ProviderSettings>) => plugin.create({ name: "mine", settings: {}, ...settings }).wire;

describe("the openai plugin", () => {
  it("speaks chat and embeddings at OpenAI's own address, with the key as a bearer", () => {
    expect(wireOf({ apiKey: "sk-test" })).toEqual({
      baseUrl: "https://api.openai.com/v1",
      headers: { authorization: "Bearer sk-test" },
      chat: { dialect: "openai-chat", path: "/chat/completions" },
      otherChats: [{ dialect: "openai-responses", path: "/responses", tokenCountPath: "/responses/input_tokens" }],
      completions: { dialect: "openai-completions", path: "/completions" },
      embeddings: { dialect: "embeddings", path: "/embeddings" },
      passThrough: { api: "openai", root: "/v1" },
      modelsPath: "/models",
    });
  });

  it("takes any address, and sends no credential where there is none", () => {
    expect(wireOf({ baseUrl: "http://127.0.0.1:8000/v1" })).toMatchObject({
      baseUrl: "http://127.0.0.1:8000/v1",
      headers: {},
    });
  });

  it.each([
    ["OpenAI's own address", {}, true],
    ["OpenAI's own address, written out", { baseUrl: "https://api.openai.com/v1" }, true],
    ["another address", { baseUrl: "http://127.0.0.1:8000/v1" }, false],
    ["another address that has them", { baseUrl: "http://127.0.0.1:8000/v1", settings: { responses: true } }, true],
    ["a server that has them not", { settings: { responses: false } }, false],
  ])("speaks Responses where the server does: %s", (_name, settings, speaks) => {
    expect(wireOf(settings)?.otherChats !== undefined).toBe(speaks);
  });

  it("leaves legacy completions to chat where the server has none", () => {
    expect(wireOf({ settings: { legacy_completions: false } })).not.toHaveProperty("completions");
  });

  it("names the organization and the project to bill", () => {
    expect(wireOf({ settings: { organization: "org-a", project: "proj_b" } })?.headers).toEqual({
      "openai-organization": "org-a",
      "openai-project": "proj_b",
    });
  });

  it("refuses a key that no header can hold, without showing it", () => {
    const failure = (() => {
      try {
        return wireOf({ apiKey: "sk-secret\n" });
      } catch (error) {
        return error;
      }
    })() as ParlanceError;
    expect(ParlanceError.is(failure)).toBe(true);
    expect(failure).toMatchObject({ code: "invalid_request", facts: { field: "providers.mine.api_key" } });
    expect(failure.message).not.toContain("secret");
  });
});
