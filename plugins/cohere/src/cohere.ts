import { headerSafe, type Provider, type ProviderSettings } from "@parlance/sdk";
import { cohereChat } from "./chat/index.js";
import { readDefaults } from "./defaults.js";
import { cohereEmbed } from "./embed/index.js";
import { modelTraits } from "./model-traits.js";

/** Cohere's own address: https://docs.cohere.com/reference/about */
const DEFAULT_BASE_URL = "https://api.cohere.com";

/** A wire provider for version 2 of Cohere's API, and for private deployments of it. */
export function createCohere(settings: ProviderSettings): Provider {
  const { baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  const defaults = readDefaults(settings.settings);
  return {
    wire: {
      baseUrl,
      headers: {
        ...(apiKey !== undefined && {
          authorization: `Bearer ${headerSafe(apiKey, `providers.${settings.name}.api_key`)}`,
        }),
      },
      chat: { dialect: cohereChat(defaults), path: "/v2/chat" },
      embeddings: { dialect: cohereEmbed(defaults), path: "/v2/embed" },
      // https://docs.cohere.com/reference/list-models
      modelsPath: "/v1/models?page_size=1",
      requestIdHeader: "x-debug-trace-id",
    },
    traits: modelTraits,
  };
}
