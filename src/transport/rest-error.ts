import type { ServerResponse } from "node:http";
import type { ErrorDialect, ParlanceError } from "../sdk/index.js";

/** Answers with an error in the caller's dialect; what a provider of that dialect said of the request passes as it came. */
export function writeError(
  raw: ServerResponse,
  dialect: ErrorDialect,
  error: ParlanceError,
  headers: Record<string, string>,
): void {
  const { answer } = error.facts;
  if (answer !== undefined && answer.dialect === dialect.name && answer.status === error.facts.providerStatus) {
    const type = answer.contentType === "" ? "application/json" : answer.contentType;
    raw.writeHead(answer.status, { ...headers, "content-type": type, "content-length": answer.body.length });
    raw.end(answer.body);
    return;
  }
  const body = Buffer.from(JSON.stringify(dialect.encodeError(error, headers["x-request-id"] ?? "")));
  raw.writeHead(error.rule.http, {
    ...headers,
    ...retryHeaders(error),
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
  });
  raw.end(body);
}

/** What the vendors' SDKs read to decide whether and when to try again. */
function retryHeaders(error: ParlanceError): Record<string, string> {
  const { retryAfterMs } = error.facts;
  const headers: Record<string, string> = {
    "x-should-retry": String(error.rule.retry || error.code === "rate_limited" || error.code === "overloaded"),
  };
  if (retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
    headers["retry-after-ms"] = String(Math.ceil(retryAfterMs));
  }
  return headers;
}
