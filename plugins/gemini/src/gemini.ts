import { ParlanceError, type Provider, type ProviderSettings } from "@parlance/sdk";
import { modelTraits } from "./model-traits.js";

/** Google's own address (https://ai.google.dev/api). As its SDKs have it, without a version. */
const DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com";

/** The version that has everything the newest models can: https://ai.google.dev/gemini-api/docs/api-versions */
const DEFAULT_VERSION = "v1beta";

/**
 * A wire provider for the Gemini API and for every server that speaks its `generateContent`.
 * Without a key no `x-goog-api-key` is sent, as local servers want it.
 */
export function createGemini(settings: ProviderSettings): Provider {
  const { baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  const { version } = settings.settings;
  const model = `/${typeof version === "string" ? version : DEFAULT_VERSION}/models/{model}`;
  return {
    wire: {
      baseUrl,
      headers: { ...(apiKey !== undefined && { "x-goog-api-key": headerSafe(apiKey, settings) }) },
      chat: {
        dialect: "gemini",
        path: `${model}:generateContent`,
        // Without the parameter the stream is one JSON array.
        streamPath: `${model}:streamGenerateContent?alt=sse`,
      },
      tokenCount: { path: `${model}:countTokens` },
    },
    traits: modelTraits,
  };
}

/** A line break in a credential, usually from a file, would fail every call with a message about headers. */
function headerSafe(value: string, settings: ProviderSettings): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  const field = `providers.${settings.name}.api_key`;
  // The value stays out of the message: it is a credential.
  throw new ParlanceError(
    "invalid_request",
    `${field} must be visible ASCII characters without spaces or line breaks, for it is sent in a header.`,
    { field },
  );
}
