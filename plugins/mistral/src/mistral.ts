import { headerSafe, type Provider, type ProviderSettings } from "@parlance/sdk";
import { chatDialect } from "./chat-dialect.js";
import { embeddingDialect } from "./embedding-dialect.js";
import { MODEL_TRAITS } from "./model-traits.js";

/** Mistral's own address (https://docs.mistral.ai/api/). */
const DEFAULT_BASE_URL = "https://api.mistral.ai/v1";

/**
 * A wire provider for Mistral AI. Its wire is that of OpenAI's chat completions with rules of its own, which refuse what
 * OpenAI takes; so every request is fitted to them, those of OpenAI's callers too.
 */
export function createMistral(settings: ProviderSettings): Provider {
  const { name, baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  return {
    wire: {
      baseUrl,
      headers: {
        ...(apiKey !== undefined && { authorization: `Bearer ${headerSafe(apiKey, `providers.${name}.api_key`)}` }),
      },
      chat: { dialect: chatDialect(settings.settings.safe_prompt), path: "/chat/completions" },
      embeddings: { dialect: embeddingDialect, path: "/embeddings" },
      // https://docs.mistral.ai/api/ (list models)
      modelsPath: "/models",
      requestIdHeader: "mistral-correlation-id",
    },
    traits: () => MODEL_TRAITS,
  };
}
