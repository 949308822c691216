import { cacheToken, headerSafe, ParlanceError, type ProviderSettings, type TokenCache } from "@parlance/sdk";
import { applicationToken, type TokenSource } from "./application-token.js";
import { managedIdentityToken } from "./managed-identity-token.js";

/** What Azure OpenAI's tokens are for: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity */
const SCOPE = "https://cognitiveservices.azure.com/.default";

/**
 * The token of a provider without a key: of the machine's managed identity, else of an application with a secret, else
 * of a workload identity. Undefined where the settings name none of them. Throws `invalid_request` where they name half
 * of one. `now`: Unix milliseconds; absent means the system's clock.
 */
export function credentialOf(provider: ProviderSettings, now: () => number = Date.now): TokenCache | undefined {
  const source = sourceOf(provider);
  return source === undefined ? undefined : cacheToken({ renew: () => source(now), now });
}

function sourceOf(provider: ProviderSettings): TokenSource | undefined {
  const { settings } = provider;
  const text = (key: string): string | undefined => settings[key] as string | undefined;
  const scope = text("scope") ?? SCOPE;
  if (settings.managed_identity === true) {
    const header = text("identity_header");
    return managedIdentityToken({
      scope,
      clientId: text("client_id"),
      endpoint: text("identity_endpoint"),
      header: header && headerSafe(header, `providers.${provider.name}.settings.identity_header`),
      metadataHost: text("metadata_host"),
    });
  }
  const secret = text("client_secret");
  const tokenFile = text("federated_token_file");
  if (secret === undefined && tokenFile === undefined) return undefined;
  return applicationToken({
    authority: text("authority_host"),
    tenant: needed(provider, "tenant_id"),
    clientId: needed(provider, "client_id"),
    scope,
    proof: secret !== undefined ? { secret } : { tokenFile: tokenFile as string },
  });
}

function needed({ name, settings }: ProviderSettings, key: string): string {
  const value = settings[key];
  if (typeof value === "string") return value;
  const field = `providers.${name}.settings.${key}`;
  throw new ParlanceError("invalid_request", `${field} is needed for a token of Entra ID.`, { field });
}
