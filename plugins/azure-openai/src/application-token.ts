import { readFile } from "node:fs/promises";
import { ParlanceError, type Token } from "@parlance/sdk";
import { askForToken } from "./ask-for-token.js";

/** Gets a new token. `now`: Unix milliseconds. */
export type TokenSource = (now: () => number) => Promise<Token>;

/** An application in Entra ID, and what it is known by. */
export interface Application {
  /** Address of Entra ID. Absent means the one of the public cloud. */
  readonly authority: string | undefined;
  readonly tenant: string;
  readonly clientId: string;
  readonly scope: string;
  /** Its secret, or a file with the token that somebody else vouches for it with. */
  readonly proof: { readonly secret: string } | { readonly tokenFile: string };
}

const AUTHORITY = "https://login.microsoftonline.com";

/**
 * Tokens of an application, by the flow of client credentials:
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function applicationToken({ authority = AUTHORITY, tenant, ...application }: Application): TokenSource {
  const url = `${authority.replace(/\/+$/, "")}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  return async (now) => {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: application.clientId,
      scope: application.scope,
      ...(await proofOf(application)),
    });
    return askForToken("Entra ID", url, { method: "POST", body }, now);
  };
}

async function proofOf({ proof }: Pick<Application, "proof">): Promise<Record<string, string>> {
  if ("secret" in proof) return { client_secret: proof.secret };
  try {
    return {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      // Kubernetes writes a new one long before the old one expires.
      client_assertion: (await readFile(proof.tokenFile, "utf8")).trim(),
    };
  } catch (cause) {
    throw new ParlanceError(
      "provider_unauthenticated",
      `The file of the workload identity cannot be read: ${proof.tokenFile}.`,
      { cause },
    );
  }
}
