import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import plugin from "./index.js";

const wireOf = (settings: Partial<ProviderSettings>) => plugin.create({ name: "mine", settings: {}, ...settings }).wire;

describe("the anthropic plugin", () => {
  it("speaks Messages and counts tokens at Anthropic's own address", () => {
    expect(wireOf({ apiKey: "sk-ant-test" })).toEqual({
      baseUrl: "https://api.anthropic.com",
      headers: { "x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01" },
      chat: { dialect: "anthropic-messages", path: "/v1/messages" },
      tokenCount: { path: "/v1/messages/count_tokens" },
      passThrough: { api: "anthropic" },
      requestIdHeader: "request-id",
      modelsPath: "/v1/models?limit=1",
    });
  });

  it("takes any address, and sends no credential where there is none", () => {
    const wire = wireOf({ baseUrl: "http://127.0.0.1:8000" });
    expect(wire?.baseUrl).toBe("http://127.0.0.1:8000");
    expect(wire?.headers).toEqual({ "anthropic-version": "2023-06-01" });
  });

  it("names the version and the betas that are set", () => {
    expect(wireOf({ settings: { version: "2025-01-01", betas: ["a-2025", "b-2025"] } })?.headers).toEqual({
      "anthropic-version": "2025-01-01",
      "anthropic-beta": "a-2025,b-2025",
    });
  });

  it("tells what of the callers' own versions and betas a server takes, where it does not take everything", () => {
    const settings = { caller_betas: [], caller_versions: ["2023-06-01"] };
    expect(wireOf({ settings })?.understands).toEqual({ "anthropic-beta": [], "anthropic-version": ["2023-06-01"] });
    expect(wireOf({ settings: { caller_betas: ["a"] } })?.understands).toEqual({ "anthropic-beta": ["a"] });
    expect(wireOf({})).not.toHaveProperty("understands");
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

  it("knows what its models can do", () => {
    expect(plugin.create({ name: "mine", settings: {} }).traits?.("claude-opus-4-8").maxOutputTokens).toBe(128_000);
  });
});
