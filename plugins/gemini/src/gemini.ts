import { headerSafe, type Provider, type ProviderSettings } from "@parlance/sdk";
import { geminiTraits } from "@parlance/sdk/dialects";
import { embedContents } from "./embed-contents.js";

/** Google's own address (https://ai.google.dev/api). As its SDKs have it, without a version. */
const DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com";

/** The version that has everything the newest models can: https://ai.google.dev/gemini-api/docs/api-versions */
const DEFAULT_VERSION = "v1beta";

/**
 * A wire provider for the Gemini API and for every server that speaks its `generateContent`.
 * Without a key no `x-goog-api-key` is sent, as local servers want it.
 */
export function createGemini(settings: ProviderSettings): Provider {
  const { name, baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  const { version } = settings.settings;
  const models = `/${typeof version === "string" ? version : DEFAULT_VERSION}/models`;
  const model = `${models}/{model}`;
  return {
    wire: {
      baseUrl,
      headers: { ...(apiKey !== undefined && { "x-goog-api-key": headerSafe(apiKey, `providers.${name}.api_key`) }) },
      chat: {
        dialect: "gemini",
        path: `${model}:generateContent`,
        // Without the parameter the stream is one JSON array.
        streamPath: `${model}:streamGenerateContent?alt=sse`,
      },
      tokenCount: { path: `${model}:countTokens` },
      embeddings: { dialect: embedContents, path: `${model}:batchEmbedContents` },
      // https://ai.google.dev/api/models#method:-models.list
      modelsPath: `${models}?pageSize=1`,
    },
    traits: geminiTraits,
  };
}
