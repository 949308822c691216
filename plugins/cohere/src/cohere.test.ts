import type { ParlanceError, ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import plugin from "./index.js";

const wireOf = (settings: Partial<ProviderSettings>) => plugin.create({ name: "mine", settings: {}, ...settings }).wire;

describe("the cohere plugin", () => {
  it("speaks version 2 at Cohere's own address", () => {
    expect(wireOf({ apiKey: "test-key" })).toMatchObject({
      baseUrl: "https://api.cohere.com",
      headers: { authorization: "Bearer test-key" },
      chat: { dialect: { name: "cohere" }, path: "/v2/chat" },
      embeddings: { dialect: { name: "cohere" }, path: "/v2/embed" },
      requestIdHeader: "x-debug-trace-id",
    });
  });

  it("takes any address, and sends no credential where there is none", () => {
    expect(wireOf({ baseUrl: "http://127.0.0.1:8000" })).toMatchObject({
      baseUrl: "http://127.0.0.1:8000",
      headers: {},
    });
  });

  it("refuses a key that no header can hold, without showing it", () => {
    const failure = (() => {
      try {
        return wireOf({ apiKey: "secret\n" });
      } catch (error) {
        return error;
      }
    })() as ParlanceError;
    expect(failure).toMatchObject({ code: "invalid_request", facts: { field: "providers.mine.api_key" } });
    expect(failure.message).not.toContain("secret");
  });

  it.each([
    ["command-a-reasoning-08-2025", 32_000, "budget"],
    ["command-a-plus-05-2026", undefined, "budget"],
    ["command-a-03-2025", 8000, "none"],
    ["command-r7b-12-2024", 4000, "none"],
    ["my-own-model-ft", undefined, undefined],
  ])("knows what %s can do", (model, maxOutputTokens, reasoning) => {
    const traits = plugin.create({ name: "mine", settings: {} }).traits?.(model);
    expect(traits?.maxOutputTokens).toBe(maxOutputTokens);
    expect(traits?.reasoning).toBe(reasoning);
    expect(traits?.toolsWithFormat).toBe(false);
  });
});
