import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import plugin from "./index.js";

const wireOf = (settings: Partial<ProviderSettings>) => plugin.create({ name: "mine", settings: {}, ...settings }).wire;

describe("the ollama plugin", () => {
  it("speaks to a local server without a credential", () => {
    expect(wireOf({})).toMatchObject({
      baseUrl: "http://127.0.0.1:11434",
      headers: {},
      chat: { dialect: { name: "ollama" }, path: "/api/chat" },
      embeddings: { dialect: { name: "ollama" }, path: "/api/embed" },
    });
  });

  it("sends a key where there is one, as the vendor's cloud wants it", () => {
    const wire = wireOf({ baseUrl: "https://ollama.com", apiKey: "test-key" });
    expect(wire).toMatchObject({ baseUrl: "https://ollama.com", headers: { authorization: "Bearer test-key" } });
  });

  it.each([
    ["http://0.0.0.0:11434", "http://127.0.0.1:11434"],
    ["http://0.0.0.0", "http://127.0.0.1"],
    ["http://[::]:8080", "http://[::1]:8080"],
    ["http://10.0.0.0:11434", "http://10.0.0.0:11434"],
    ["http://0.0.0.0.example.com", "http://0.0.0.0.example.com"],
  ])("calls %s, where a server may listen, at %s", (baseUrl, called) => {
    expect(wireOf({ baseUrl })?.baseUrl).toBe(called);
  });

  it("refuses a key that no header can hold, without showing it", () => {
    const failure = (() => {
      try {
        return wireOf({ apiKey: "secret\n" });
      } catch (error) {
        return error;
      }
    })() as ParlanceError;
    expect(ParlanceError.is(failure)).toBe(true);
    expect(failure).toMatchObject({ code: "invalid_request", facts: { field: "providers.mine.api_key" } });
    expect(failure.message).not.toContain("secret");
  });

  it("knows that GPT-OSS thinks by steps, and nothing of others", () => {
    const { traits } = plugin.create({ name: "mine", settings: {} });
    expect(traits?.("gpt-oss:120b-cloud").efforts).toEqual(["low", "medium", "high"]);
    expect(traits?.("library/gpt-oss:20b").reasoning).toBe("adaptive");
    expect(traits?.("qwen3:8b")).toEqual({});
  });
});
