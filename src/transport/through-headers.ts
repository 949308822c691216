import type { IncomingHttpHeaders } from "node:http";

/** For one connection only (RFC 9110 §7.6.1), or set anew for the provider's. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Credentials, whatever the vendor, and what goes with the caller's own account. */
const OF_THE_ACCOUNT: ReadonlySet<string> = new Set([
  "api-key",
  "authorization",
  "cookie",
  "openai-organization",
  "openai-project",
  "proxy-authenticate",
  "proxy-authorization",
  "x-amz-security-token",
  "x-api-key",
  "x-auth-token",
  "x-goog-api-key",
]);

/** Who and where the caller is, which the provider need not know. */
const OF_THE_CALLER: ReadonlySet<string> = new Set([
  "client-ip",
  "dnt",
  "forwarded",
  "from",
  "origin",
  "referer",
  "true-client-ip",
  "user-agent",
  "via",
  "x-client-ip",
  "x-real-ip",
]);

/** Families of either kind, and the gateway's own. */
const PREFIXES = /^(?::|access-control-|cf-|fly-|sec-|x-amzn-|x-envoy-|x-forwarded-|x-parlance-)/;

/**
 * The caller's headers that go up with a request that passes, names and values in turn: all that the vendor's API may
 * know, and neither the connection's nor a credential.
 */
export function passingHeaders(headers: IncomingHttpHeaders): string[] {
  const out: string[] = [];
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || PREFIXES.test(name) || named.has(name)) continue;
    if (OF_THE_CONNECTION.has(name) || OF_THE_ACCOUNT.has(name) || OF_THE_CALLER.has(name)) continue;
    out.push(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return out;
}
