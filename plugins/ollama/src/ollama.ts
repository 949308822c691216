import { headerSafe, type Provider, type ProviderSettings } from "@parlance/sdk";
import { ollamaChat } from "./chat/index.js";
import { readDefaults } from "./defaults.js";
import { ollamaEmbed } from "./embed/index.js";
import { modelTraits } from "./model-traits.js";

/** Where a server listens unless it is told otherwise: https://docs.ollama.com/api/introduction#base-url */
const DEFAULT_BASE_URL = "http://127.0.0.1:11434";

/**
 * A wire provider for Ollama's own API. A key is sent where there is one: its cloud wants it, local servers do not.
 * Which models a server has only a call of `/api/tags` tells, so none are offered.
 */
export function createOllama(settings: ProviderSettings): Provider {
  const { baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  const defaults = readDefaults(settings.settings);
  return {
    wire: {
      baseUrl: connectable(baseUrl),
      headers: {
        ...(apiKey !== undefined && {
          authorization: `Bearer ${headerSafe(apiKey, `providers.${settings.name}.api_key`)}`,
        }),
      },
      chat: { dialect: ollamaChat(defaults), path: "/api/chat" },
      embeddings: { dialect: ollamaEmbed(defaults), path: "/api/embed" },
      // https://docs.ollama.com/api/tags
      modelsPath: "/api/tags",
    },
    traits: modelTraits,
  };
}

/** The variable that names the server also says where it listens: at every address of a machine nobody can call. */
function connectable(baseUrl: string): string {
  return baseUrl
    .replace(/^(https?:\/\/)0\.0\.0\.0(?=[:/]|$)/i, "$1127.0.0.1")
    .replace(/^(https?:\/\/)\[::\]/i, "$1[::1]");
}
