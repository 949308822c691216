import { invalid, type Provider, type ProviderSettings } from "@parlance/sdk";
import { modelTraits } from "./model-traits.js";

const BASE_URL = "https://api.anthropic.com";
// The only version that is served (https://docs.claude.com/en/api/versioning).
const VERSION = "2023-06-01";

/** A provider that speaks Anthropic's messages. `baseUrl` is without `/v1`, as in the vendor's SDK. */
export function createAnthropic({ name, baseUrl, apiKey, settings }: ProviderSettings): Provider {
  const headers: Record<string, string> = {
    "anthropic-version": typeof settings.version === "string" ? settings.version : VERSION,
  };
  if (apiKey !== undefined) {
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      const field = `providers.${name}.api_key`;
      throw invalid(field, `${field} holds a space, a line break or another sign that no key has.`);
    }
    headers["x-api-key"] = apiKey;
  }
  return {
    wire: {
      baseUrl: (baseUrl ?? BASE_URL).replace(/\/+$/, ""),
      headers,
      chat: { dialect: "anthropic-messages", path: "/v1/messages" },
      tokenCount: { path: "/v1/messages/count_tokens" },
      requestIdHeader: "request-id",
    },
    traits: modelTraits,
  };
}
