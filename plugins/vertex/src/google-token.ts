import { type JsonObject, isObject, ParlanceError, type Token } from "@parlance/sdk";

/** https://cloud.google.com/vertex-ai/docs/authentication */
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
/** How long a request for a token may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Where a token comes from. With neither of the first two: what Google calls application default credentials. */
export interface GoogleCredential {
  /** The JSON of a service account, of an external account or of a user. */
  readonly credentials?: JsonObject;
  /** A file with it. */
  readonly keyFile?: string;
  /** Asks servers. Absent means the library's own way, which knows proxies. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Gets a new token at every call. Google's library is imported at the first: it takes 45 ms and 10 MB, and providers
 * with a key do without. It rejects with `provider_unauthenticated`, which holds Google's codes and none of its sentences.
 */
export function googleToken({ credentials, keyFile, fetch }: GoogleCredential): () => Promise<Token> {
  return async () => {
    const { GoogleAuth } = await import("google-auth-library");
    try {
      // A new one each time: the library keeps a token until it expires, and a file for ever.
      const auth = new GoogleAuth({
        scopes: SCOPE,
        ...(credentials !== undefined ? { credentials } : keyFile !== undefined && { keyFilename: keyFile }),
        clientOptions: {
          transporterOptions: { timeout: TIMEOUT_MS, ...(fetch !== undefined && { fetchImplementation: fetch }) },
        },
      });
      const client = await auth.getClient();
      const { token } = await client.getAccessToken();
      const { expiry_date: expiresAt } = client.credentials;
      if (typeof token !== "string" || typeof expiresAt !== "number") throw new Error("no token");
      return { value: token, expiresAt };
    } catch (thrown) {
      // The cause stays behind: the library's errors hold the request, and with it the credential.
      throw new ParlanceError("provider_unauthenticated", `Google gave no token${whyOf(thrown)}.`);
    }
  };
}

interface Thrown {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly response?: { readonly status?: unknown; readonly data?: unknown };
}

/** `invalid_grant`, `ENOENT` and the like. */
function whyOf(thrown: unknown): string {
  const { code, message, response } = (thrown ?? {}) as Thrown;
  if (String(message).startsWith("Could not load the default credentials")) {
    return ": the machine has no credentials. Set settings.credentials_file, or give it some (https://cloud.google.com/docs/authentication/provide-credentials-adc)";
  }
  const data = response?.data;
  const told = isObject(data) ? data.error : undefined;
  const words = [response?.status, isObject(told) ? told.status : told, code].flatMap((word) =>
    /^[\w.-]{1,60}$/.test(String(word ?? "")) ? [String(word)] : [],
  );
  return words.length === 0 ? "" : ` (${[...new Set(words)].join(", ")})`;
}
