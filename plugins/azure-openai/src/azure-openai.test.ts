import { ParlanceError, type ProviderSettings } from "@parlance/sdk";
import { describe, expect, it } from "vitest";
import plugin from "./index.js";

const create = (settings: Partial<ProviderSettings> = {}) =>
  plugin.create({ name: "mine", settings: {}, baseUrl: "https://acme.openai.azure.com", ...settings });
const wireOf = (settings: Partial<ProviderSettings> = {}) => create(settings).wire;
const failureOf = (settings: Partial<ProviderSettings>): ParlanceError => {
  try {
    create(settings);
  } catch (error) {
    return ParlanceError.from(error);
  }
  throw new Error("it was made");
};

describe("the azure-openai plugin", () => {
  it("trap 102: speaks OpenAI's dialects at the v1 address, with the key in Azure's own header", () => {
    expect(wireOf({ apiKey: "key" })).toEqual({
      baseUrl: "https://acme.openai.azure.com/openai/v1",
      headers: { "api-key": "key" },
      chat: { dialect: "openai-chat", path: "/chat/completions" },
      otherChats: [{ dialect: "openai-responses", path: "/responses" }],
      completions: { dialect: "openai-completions", path: "/completions" },
      embeddings: { dialect: "embeddings", path: "/embeddings" },
      passThrough: { api: "openai", root: "/v1" },
      modelsPath: "/models",
      requestIdHeader: "apim-request-id",
    });
    expect(wireOf({ settings: { api_version: "preview" } })?.chat?.path).toBe("/chat/completions?api-version=preview");
  });

  it("trap 102: names the deployment in the path, and the version, where the version is a date", () => {
    const wire = wireOf({ settings: { api_version: "2024-06-01" } });
    expect(wire?.baseUrl).toBe("https://acme.openai.azure.com/openai");
    expect(wire?.chat?.path).toBe("/deployments/{model:segment}/chat/completions?api-version=2024-06-01");
    expect(wire?.completions?.path).toBe("/deployments/{model:segment}/completions?api-version=2024-06-01");
    expect(wire?.embeddings?.path).toBe("/deployments/{model:segment}/embeddings?api-version=2024-06-01");
    expect([wire?.otherChats, wire?.passThrough]).toEqual([undefined, undefined]);
    expect(wireOf({ settings: { api: "deployments" } })?.chat?.path).toContain("?api-version=2024-10-21");
    expect(wireOf({ settings: { api_version: "2025-04-01-preview" } })?.otherChats?.[0]?.path).toBe(
      "/responses?api-version=2025-04-01-preview",
    );
    expect(wireOf({ settings: { api: "v1", api_version: "2024-06-01" } })?.baseUrl).toContain("/openai/v1");
  });

  it("trap 102: calls the models of Foundry's model inference", () => {
    const wire = wireOf({ baseUrl: "https://acme.services.ai.azure.com", settings: { api: "models" } });
    expect([wire?.baseUrl, wire?.chat?.path, wire?.embeddings?.path, wire?.completions]).toEqual([
      "https://acme.services.ai.azure.com/models",
      "/chat/completions?api-version=2024-05-01-preview",
      "/embeddings?api-version=2024-05-01-preview",
      undefined,
    ]);
  });

  it.each([
    "https://acme.openai.azure.com",
    "https://acme.openai.azure.com/",
    "https://acme.openai.azure.com/openai",
    "https://acme.openai.azure.com/openai/v1",
    "https://acme.openai.azure.com/openai/v1/",
    "https://acme.openai.azure.com/models",
  ])("trap 102: takes %s for the endpoint that it is", (baseUrl) => {
    expect(wireOf({ baseUrl })?.baseUrl).toBe("https://acme.openai.azure.com/openai/v1");
  });

  it("keeps the path of a proxy before the resource", () => {
    expect(wireOf({ baseUrl: "http://127.0.0.1:9/azure" })?.baseUrl).toBe("http://127.0.0.1:9/azure/openai/v1");
  });

  it("knows the endpoint of a resource by its name, and asks for one or the other", () => {
    expect(wireOf({ baseUrl: undefined, settings: { resource: "acme" } })?.baseUrl).toBe(
      "https://acme.openai.azure.com/openai/v1",
    );
    expect(failureOf({ baseUrl: undefined })).toMatchObject({
      code: "invalid_request",
      facts: { field: "providers.mine.base_url" },
    });
  });

  it("knows deployments by the models that they serve, and lists those", () => {
    const { wire, models } = create({ settings: { deployments: { "gpt-5": "prod", "text-embedding-3-small": "e" } } });
    expect(wire?.names).toEqual({ "gpt-5": "prod", "text-embedding-3-small": "e" });
    expect(models).toEqual([
      { name: "gpt-5", operations: ["complete"] },
      { name: "text-embedding-3-small", operations: ["embed"] },
    ]);
  });

  it("refuses a key that no header can hold, without showing it", () => {
    const failure = failureOf({ apiKey: "secret\n" });
    expect(failure).toMatchObject({ code: "invalid_request", facts: { field: "providers.mine.api_key" } });
    expect(failure.message).not.toContain("secret");
  });

  it.each(["tenant_id", "client_id"])("names %s where it is missing for a token", (missing) => {
    const settings: Record<string, string> = { tenant_id: "t", client_id: "c", client_secret: "s" };
    delete settings[missing];
    expect(failureOf({ settings })).toMatchObject({ facts: { field: `providers.mine.settings.${missing}` } });
  });

  it.each([
    ["gpt-5-mini", "max_completion_tokens", false],
    ["gpt-5.2_2025-12-11", "max_completion_tokens", false],
    ["o4-mini", "max_completion_tokens", false],
    ["gpt-5-chat", "max_tokens", false],
    ["gpt-4o", "max_tokens", false],
    ["gpt-35-turbo", "max_tokens", false],
    ["gpt-35-turbo-instruct", "max_tokens", undefined],
    ["DeepSeek-V3.1", "max_tokens", undefined],
    ["prod", "max_tokens", undefined],
  ])("knows what %s takes", (model, maxTokensField, completions) => {
    expect(create().traits?.(model)).toMatchObject({ maxTokensField });
    expect(create().traits?.(model).completions).toBe(completions);
  });
});
