const NAMES: ReadonlySet<string> = new Set([
  "x-request-id",
  "x-should-retry",
  "openai-processing-ms",
  "openai-version",
]);

/**
 * Whether a header of OpenAI's answers is for the caller. How long to wait is told of refusals, by the gateway; the
 * organization is the gateway's own. https://platform.openai.com/docs/api-reference/debugging-requests
 */
export function isForCaller(header: string): boolean {
  return NAMES.has(header) || header.startsWith("x-ratelimit-");
}
