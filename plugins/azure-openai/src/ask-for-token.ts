import { isObject, ParlanceError, type Token } from "@parlance/sdk";

/** How long a token may take to come, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Asks a server for a token. Throws `provider_unauthenticated`, which tells who refused and the server's own codes, but
 * none of its sentences: those hold names of tenants and applications.
 * `who`: whose token it is, at the beginning of a sentence.
 */
export async function askForToken(who: string, url: string, init: RequestInit, now: () => number): Promise<Token> {
  let status: number;
  let body: unknown;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    status = response.status;
    body = await response.json().catch(() => undefined);
  } catch (cause) {
    throw new ParlanceError("provider_unauthenticated", `${who} gave no token: its server cannot be reached.`, {
      cause,
    });
  }
  const told = isObject(body) ? body : {};
  const expiresAt = expiryOf(told, now());
  if (status === 200 && typeof told.access_token === "string" && expiresAt !== undefined) {
    return { value: told.access_token, expiresAt };
  }
  const why = [status, ...codesOf(told)].join(", ");
  throw new ParlanceError("provider_unauthenticated", `${who} gave no token (${why}).`);
}

/** Some tell how long it lives, some until when; seconds both, as numbers or as text. */
function expiryOf(told: Record<string, unknown>, now: number): number | undefined {
  const lifetime = Number(told.expires_in ?? Number.NaN);
  if (Number.isFinite(lifetime)) return now + lifetime * 1000;
  const until = Number(told.expires_on ?? Number.NaN);
  return Number.isFinite(until) ? until * 1000 : undefined;
}

/** `invalid_client` and `AADSTS7000215`: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
function codesOf({ error, error_description: description }: Record<string, unknown>): string[] {
  const codes = [/^[\w.-]{1,60}$/.exec(String(error ?? "")), /\bAADSTS\d+\b/.exec(String(description ?? ""))];
  return codes.flatMap((found) => found?.[0] ?? []);
}
