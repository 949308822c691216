import type { ServerResponse } from "node:http";
import type { Exchange } from "../core/exchange.js";
import type { ErrorDialect, ParlanceError } from "../sdk/index.js";
import { inCallersWords } from "./routing-hints.js";
import { withRecord } from "./tell-record.js";

/**
 * Answers with an error in the caller's dialect; what a provider of that dialect said of the request passes as it came.
 * `headers` are the gateway's, `providerHeaders` those of the provider whose refusal it is. `exchange`: absent where the
 * request never became one.
 */
export function writeError(
  raw: ServerResponse,
  dialect: ErrorDialect,
  failure: ParlanceError,
  headers: Readonly<Record<string, string>>,
  exchange?: Exchange,
): void {
  const error = inCallersWords(failure, exchange?.caller);
  const providerHeaders = exchange?.providerHeaders ?? {};
  const tell = (body: Buffer): Buffer => (exchange === undefined ? body : withRecord(body, exchange));
  const { answer, providerStatus } = error.facts;
  if (answer !== undefined && answer.dialect === dialect.name && answer.status === providerStatus) {
    const body = tell(answer.body);
    raw.writeHead(answer.status, {
      ...headers,
      ...retryHeaders(error),
      ...providerHeaders,
      "content-type": answer.contentType === "" ? "application/json" : answer.contentType,
      "content-length": body.length,
    });
    raw.end(body);
    return;
  }
  const idHeader = dialect.requestIdHeader ?? "x-request-id";
  const id = headers[idHeader] ?? "";
  const body = tell(Buffer.from(JSON.stringify(dialect.encodeError(error, id))));
  raw.writeHead(dialect.statuses?.[error.code] ?? error.rule.http, {
    ...headers,
    ...retryHeaders(error),
    // Without a status the error is not one provider's, and its headers would tell of the last one only.
    ...(providerStatus !== undefined && providerHeaders),
    [idHeader]: id,
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
  });
  raw.end(body);
}

/** Longest that clients wait by themselves, in milliseconds: the vendors' SDKs obey a wish of up to a minute. */
const PATIENT_MS = 60_000;

/** What the vendors' SDKs read to decide whether and when to try again. */
function retryHeaders(error: ParlanceError): Record<string, string> {
  const { retryAfterMs, providerCode } = error.facts;
  // A breaker that may soon be tried is worth another request.
  const isBackSoon = error.code === "no_healthy_target" && retryAfterMs !== undefined && retryAfterMs <= PATIENT_MS;
  const mayPass = error.rule.retry || error.code === "rate_limited" || error.code === "overloaded" || isBackSoon;
  const headers: Record<string, string> = {
    // A limit passes, an account without money does not.
    "x-should-retry": String(mayPass && providerCode !== "insufficient_quota"),
  };
  if (retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
    headers["retry-after-ms"] = String(Math.ceil(retryAfterMs));
  }
  return headers;
}
