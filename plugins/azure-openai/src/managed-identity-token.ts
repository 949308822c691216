import type { TokenSource } from "./application-token.js";
import { askForToken } from "./ask-for-token.js";

/** A machine's identity in Entra ID, and who gives its tokens. */
export interface ManagedIdentity {
  readonly scope: string;
  /** Of several identities the one that is meant. Absent means the machine's own. */
  readonly clientId: string | undefined;
  /** Address of App Service and its like. Absent means the metadata service. */
  readonly endpoint: string | undefined;
  /** What that address knows its callers by. */
  readonly header: string | undefined;
  /** Address of the metadata service. Absent means the one that every machine of Azure has. */
  readonly metadataHost: string | undefined;
}

const METADATA_HOST = "http://169.254.169.254";

/**
 * Tokens of a managed identity. Of a virtual machine or a node:
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 * Of App Service, Functions and Container Apps:
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export function managedIdentityToken(identity: ManagedIdentity): TokenSource {
  const { endpoint, header, metadataHost = METADATA_HOST } = identity;
  // A path without its end names the resource here, where Entra ID itself has scopes.
  const query = { resource: identity.scope.replace(/\/\.default$/, ""), client_id: identity.clientId };
  const [address, headers, version] =
    endpoint === undefined
      ? [`${metadataHost.replace(/\/+$/, "")}/metadata/identity/oauth2/token`, { metadata: "true" }, "2018-02-01"]
      : [endpoint, { "x-identity-header": header ?? "" }, "2019-08-01"];
  const url = new URL(address);
  url.searchParams.set("api-version", version);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return (now) => askForToken("The managed identity", url.href, { headers: { ...headers } }, now);
}
