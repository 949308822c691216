import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import { embedContents } from "./embed-contents.js";
import plugin from "./index.js";

const wireOf = (settings: Partial<ProviderSettings>) => plugin.create({ name: "mine", settings: {}, ...settings }).wire;

describe("the gemini plugin", () => {
  it("speaks generateContent and counts tokens at Google's own address", () => {
    expect(wireOf({ apiKey: "AIza-test" })).toEqual({
      baseUrl: "https://generativelanguage.googleapis.com",
      headers: { "x-goog-api-key": "AIza-test" },
      chat: {
        dialect: "gemini",
        path: "/v1beta/models/{model}:generateContent",
        streamPath: "/v1beta/models/{model}:streamGenerateContent?alt=sse",
      },
      tokenCount: { path: "/v1beta/models/{model}:countTokens" },
      embeddings: { dialect: embedContents, path: "/v1beta/models/{model}:batchEmbedContents" },
      modelsPath: "/v1beta/models?pageSize=1",
    });
  });

  it("takes any address and version, and sends no credential where there is none", () => {
    const wire = wireOf({ baseUrl: "http://127.0.0.1:8000", settings: { version: "v1" } });
    expect(wire?.baseUrl).toBe("http://127.0.0.1:8000");
    expect(wire?.headers).toEqual({});
    expect(wire?.chat?.path).toBe("/v1/models/{model}:generateContent");
  });

  it("refuses a key that no header can hold, without showing it", () => {
    const failure = (() => {
      try {
        return wireOf({ apiKey: "AIza-secret\n" });
      } catch (error) {
        return error;
      }
    })() as ParlanceError;
    expect(ParlanceError.is(failure)).toBe(true);
    expect(failure).toMatchObject({ code: "invalid_request", facts: { field: "providers.mine.api_key" } });
    expect(failure.message).not.toContain("secret");
  });

  it("knows what its models can do", () => {
    expect(plugin.create({ name: "mine", settings: {} }).traits?.("gemini-2.5-pro").reasoning).toBe("budget");
  });
});
