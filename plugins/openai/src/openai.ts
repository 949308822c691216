import { type ChatEndpoint, headerSafe, type Provider, type ProviderSettings } from "@parlance/sdk";
import { modelTraits } from "./model-traits.js";

/** OpenAI's own address (https://platform.openai.com/docs/api-reference/introduction). */
export const DEFAULT_BASE_URL = "https://api.openai.com/v1";

/** https://platform.openai.com/docs/api-reference/responses */
const RESPONSES: ChatEndpoint = {
  dialect: "openai-responses",
  path: "/responses",
  tokenCountPath: "/responses/input_tokens",
};

/**
 * A wire provider for OpenAI and for every server that speaks its chat completions and embeddings; its Responses too,
 * where the server is OpenAI's own or the setting `responses` says so.
 * Without a key no `authorization` is sent, as local servers want it.
 */
export function createOpenAI(settings: ProviderSettings): Provider {
  const { name, baseUrl = DEFAULT_BASE_URL, apiKey } = settings;
  return {
    wire: {
      baseUrl,
      headers: {
        ...(apiKey !== undefined && { authorization: `Bearer ${headerSafe(apiKey, `providers.${name}.api_key`)}` }),
        // https://platform.openai.com/docs/api-reference/authentication
        ...ownHeader("openai-organization", settings, "organization"),
        ...ownHeader("openai-project", settings, "project"),
      },
      chat: { dialect: "openai-chat", path: "/chat/completions" },
      ...(speaksResponses(settings) && { otherChats: [RESPONSES] }),
      ...(settings.settings.legacy_completions !== false && {
        completions: { dialect: "openai-completions", path: "/completions" },
      }),
      embeddings: { dialect: "embeddings", path: "/embeddings" },
      passThrough: { api: "openai", root: "/v1" },
      // https://platform.openai.com/docs/api-reference/models/list
      modelsPath: "/models",
    },
    traits: modelTraits,
  };
}

/** Of other servers few have it, and a caller whose words go up as they are must not find out by a 404. */
function speaksResponses({ baseUrl = DEFAULT_BASE_URL, settings }: ProviderSettings): boolean {
  return typeof settings.responses === "boolean" ? settings.responses : baseUrl === DEFAULT_BASE_URL;
}

function ownHeader(header: string, settings: ProviderSettings, key: string): Record<string, string> {
  const value = settings.settings[key];
  return typeof value === "string" ? { [header]: headerSafe(value, `providers.${settings.name}.settings.${key}`) } : {};
}
