import { isHttp2, type RawRequest, type RawResponse } from "./running.js";

// What a page's script may read of an answer. The star stands for all the others, in browsers that know it.
const EXPOSED = [
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "x-request-id",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "x-parlance-request-id",
  "x-parlance-token-count",
  "openai-processing-ms",
  ...["provider", "target", "model", "attempts", "lane", "losses", "record", "cache", "cost", "config-version"].map(
    (name) => `x-parlance-${name}`,
  ),
  ...["limit", "remaining", "reset"].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
  "*",
].join(", ");

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
// The most that browsers keep a preflight's answer: two hours.
const MAX_AGE_SECONDS = "7200";

/**
 * Cross-origin rules for every door. Sets its headers on the raw response, so that they are also on answers that are
 * written past Fastify: streams and RPC. Gives true if it has answered, which it does to preflights.
 *
 * `origins` may call, none or `*` means any. Any header may be sent; cookies never count, so no credentials are allowed.
 */
export function createCors(origins: readonly string[]): (request: RawRequest, response: RawResponse) => boolean {
  const any = origins.length === 0 || origins.includes("*");
  const allowed = new Set(origins);
  return (request, response) => {
    const { origin } = request.headers;
    if (!any) response.setHeader("vary", "origin");
    if (origin === undefined) return false;
    const asked = request.headers["access-control-request-method"];
    const isPreflight = request.method === "OPTIONS" && asked !== undefined;
    if (any || allowed.has(origin)) {
      response.setHeader("access-control-allow-origin", any ? "*" : origin);
      if (isPreflight) allow(request, response);
      else response.setHeader("access-control-expose-headers", EXPOSED);
    }
    if (!isPreflight) return false;
    response.statusCode = 204;
    // Some browsers wait for a body otherwise; HTTP/2 knows that there is none.
    if (!isHttp2(request)) response.setHeader("content-length", "0");
    response.end();
    return true;
  };
}

function allow(request: RawRequest, response: RawResponse): void {
  response.setHeader("access-control-allow-methods", METHODS);
  response.setHeader("access-control-max-age", MAX_AGE_SECONDS);
  const headers = request.headers["access-control-request-headers"];
  // Named one by one: a star would leave out Authorization (https://fetch.spec.whatwg.org/#http-access-control-allow-headers).
  if (headers !== undefined) response.setHeader("access-control-allow-headers", headers);
}
