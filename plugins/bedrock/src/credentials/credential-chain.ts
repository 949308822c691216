import { ParlanceError } from "@parlance/sdk";
import type { LoadCredentials } from "./amazon-credentials.js";

/**
 * Credentials from where Amazon's own tools look for them: environment variables, the shared configuration with its
 * profiles, SSO and assumed roles, web identity, containers, the machine's own role
 * (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html). Amazon's own library does it, imported
 * with the first call, for it is large and most gateways never need it. `profile`: the one profile to look into, and
 * nowhere else. Its files are read again each time, for other tools renew what stands in them.
 */
export function credentialChain(provider: string, profile: string | undefined): LoadCredentials {
  return async () => {
    try {
      if (profile !== undefined) {
        const { fromIni } = await import("@aws-sdk/credential-provider-ini");
        return await fromIni({ profile, ignoreCache: true })();
      }
      const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
      return await defaultProvider({ ignoreCache: true })();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ParlanceError(
        "provider_unauthenticated",
        `No credentials for the provider "${provider}" are to be had: ${why} Set providers.${provider}.api_key, or its settings access_key_id and secret_access_key.`,
        { cause },
      );
    }
  };
}
