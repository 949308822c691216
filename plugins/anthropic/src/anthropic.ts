import { headerSafe, type JsonObject, type Provider, type ProviderSettings, type Wire } from "@parlance/sdk";
import { anthropicTraits } from "@parlance/sdk/dialects";

/** Anthropic's own address (https://platform.claude.com/docs/en/api/overview). As its SDKs have it, without `/v1`. */
export const DEFAULT_BASE_URL = "https://api.anthropic.com";

/** The version that every request names: https://platform.claude.com/docs/en/api/versioning */
export const DEFAULT_VERSION = "2023-06-01";

/**
 * A wire provider for Anthropic and for every server that speaks its Messages.
 * Without a key no `x-api-key` is sent, as local servers want it.
 */
export function createAnthropic(settings: ProviderSettings): Provider {
  const { name, baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  const { version, betas } = settings.settings;
  return {
    wire: {
      baseUrl,
      headers: {
        ...(apiKey !== undefined && { "x-api-key": headerSafe(apiKey, `providers.${name}.api_key`) }),
        "anthropic-version": typeof version === "string" ? version : DEFAULT_VERSION,
        // https://platform.claude.com/docs/en/api/beta-headers
        ...(Array.isArray(betas) && betas.length > 0 && { "anthropic-beta": betas.join(",") }),
      },
      chat: { dialect: "anthropic-messages", path: "/v1/messages" },
      tokenCount: { path: "/v1/messages/count_tokens" },
      passThrough: { api: "anthropic" },
      // https://platform.claude.com/docs/en/api/models-list
      modelsPath: "/v1/models?limit=1",
      requestIdHeader: "request-id",
      ...understood(settings.settings),
    },
    traits: anthropicTraits,
  };
}

/** What of the callers' own headers the server takes, where it does not take everything as Anthropic's own does. */
function understood({ caller_betas: betas, caller_versions: versions }: JsonObject): Pick<Wire, "understands"> {
  if (betas === undefined && versions === undefined) return {};
  return {
    understands: {
      ...(Array.isArray(betas) && { "anthropic-beta": betas.map(String) }),
      ...(Array.isArray(versions) && { "anthropic-version": versions.map(String) }),
    },
  };
}
