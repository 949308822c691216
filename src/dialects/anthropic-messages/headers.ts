import type { CallerHeaders } from "../../sdk/index.js";

/** Where the vendor's SDKs look for the id of a request: https://platform.claude.com/docs/en/api/errors#request-id */
export const REQUEST_ID = "request-id";

/**
 * The version and the betas that a request is written for: https://platform.claude.com/docs/en/api/versioning and
 * https://platform.claude.com/docs/en/api/beta-headers
 */
export const CALLER_HEADERS: CallerHeaders = { "anthropic-version": "replace", "anthropic-beta": "join" };

/**
 * Whether a header of an answer is for the caller. How long to wait is told of refusals, by the gateway; organization
 * and workspace are the gateway's own. https://platform.claude.com/docs/en/api/rate-limits#response-headers
 */
export function isForCaller(header: string): boolean {
  return header === REQUEST_ID || header === "x-should-retry" || /^anthropic-(?:ratelimit|priority)-/.test(header);
}
