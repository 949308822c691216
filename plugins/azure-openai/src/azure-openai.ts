import { headerSafe, type OfferedModel, type Provider, type ProviderSettings, type Wire } from "@parlance/sdk";
import { addressOf } from "./address.js";
import { credentialOf } from "./credential.js";
import { modelTraits } from "./model-traits.js";

/**
 * A wire provider for Azure OpenAI and for the models of Azure AI Foundry. It speaks OpenAI's dialects: callers of them
 * get Azure's own answers, with what its content filters say.
 */
export function createAzureOpenAI(settings: ProviderSettings): Provider {
  const names = deploymentsOf(settings);
  return {
    wire: {
      ...addressOf(settings),
      ...credentialsOf(settings),
      ...(Object.keys(names).length > 0 && { names }),
      // Of an answer's ids the one that Microsoft's support asks for.
      requestIdHeader: "apim-request-id",
    },
    models: Object.keys(names).map(offered),
    traits: modelTraits,
  };
}

/** Headers or token of the calls; with neither, for a proxy that adds them, none are sent. */
function credentialsOf(settings: ProviderSettings): Pick<Wire, "headers" | "authorize" | "refused"> {
  const { name, apiKey } = settings;
  if (apiKey !== undefined) return { headers: { "api-key": headerSafe(apiKey, `providers.${name}.api_key`) } };
  const token = credentialOf(settings);
  if (token === undefined) return { headers: {} };
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  return {
    headers: {},
    authorize() {
      const value = token.get();
      return typeof value === "string" ? bearer(value) : value.then(bearer);
    },
    refused: () => token.drop(),
  };
}

function deploymentsOf({ settings }: ProviderSettings): Record<string, string> {
  return (settings.deployments ?? {}) as Record<string, string>;
}

function offered(name: string): OfferedModel {
  return { name, operations: [/embed/i.test(name) ? "embed" : "complete"] };
}
