import { ParlanceError, type ProviderSettings, type Wire } from "@parlance/sdk";

/** The last version that is no preview: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle */
const DEPLOYMENTS_VERSION = "2024-10-21";
/** https://learn.microsoft.com/rest/api/aifoundry/modelinference/ */
const MODELS_VERSION = "2024-05-01-preview";
/** The first version that has Responses beside deployments: the same page of the lifecycle. */
const RESPONSES_SINCE = "2025-03-01";

/** Where a wire's calls go. */
type Address = Pick<
  Wire,
  "baseUrl" | "chat" | "otherChats" | "completions" | "embeddings" | "modelsPath" | "passThrough"
>;

/** Where Azure takes the calls. Throws `invalid_request` where no resource is named. */
export function addressOf(settings: ProviderSettings): Address {
  const endpoint = endpointOf(settings);
  const version = settings.settings.api_version as string | undefined;
  switch (settings.settings.api ?? (/^\d/.test(version ?? "") ? "deployments" : "v1")) {
    case "deployments":
      return ofDeployments(endpoint, version ?? DEPLOYMENTS_VERSION);
    case "models":
      return ofModels(endpoint, version ?? MODELS_VERSION);
    default:
      return ofV1(endpoint, version);
  }
}

/** https://learn.microsoft.com/azure/ai-foundry/openai/latest: as OpenAI's own, below the resource's address. */
function ofV1(endpoint: string, version: string | undefined): Address {
  const query = version === undefined ? "" : `?api-version=${version}`;
  return {
    baseUrl: `${endpoint}/openai/v1`,
    chat: { dialect: "openai-chat", path: `/chat/completions${query}` },
    otherChats: [{ dialect: "openai-responses", path: `/responses${query}` }],
    completions: { dialect: "openai-completions", path: `/completions${query}` },
    embeddings: { dialect: "embeddings", path: `/embeddings${query}` },
    passThrough: { api: "openai", root: "/v1" },
    // https://learn.microsoft.com/azure/ai-foundry/openai/latest#list-models
    modelsPath: `/models${query}`,
  };
}

/** https://learn.microsoft.com/azure/ai-foundry/openai/reference: the path names the deployment, the body need not. */
function ofDeployments(endpoint: string, version: string): Address {
  const query = `?api-version=${version}`;
  const deployment = "/deployments/{model:segment}";
  return {
    baseUrl: `${endpoint}/openai`,
    chat: { dialect: "openai-chat", path: `${deployment}/chat/completions${query}` },
    ...(version >= RESPONSES_SINCE && {
      otherChats: [{ dialect: "openai-responses", path: `/responses${query}` }],
    }),
    completions: { dialect: "openai-completions", path: `${deployment}/completions${query}` },
    embeddings: { dialect: "embeddings", path: `${deployment}/embeddings${query}` },
  };
}

/** https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints: the body names the model. */
function ofModels(endpoint: string, version: string): Address {
  const query = `?api-version=${version}`;
  return {
    baseUrl: `${endpoint}/models`,
    chat: { dialect: "openai-chat", path: `/chat/completions${query}` },
    embeddings: { dialect: "embeddings", path: `/embeddings${query}` },
  };
}

/** The resource's address. Azure's portal shows it with what comes after it, which people copy too. */
function endpointOf({ name, baseUrl, settings }: ProviderSettings): string {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+(?:openai(?:\/+v1)?|models)?\/*$/, "");
  if (typeof settings.resource === "string") return `https://${settings.resource}.openai.azure.com`;
  throw new ParlanceError(
    "invalid_request",
    `providers.${name}.base_url must be the endpoint of an Azure resource, such as https://NAME.openai.azure.com. Set it, or settings.resource.`,
    { field: `providers.${name}.base_url` },
  );
}
