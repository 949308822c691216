import type { Exchange } from "../core/exchange.js";
import { costText } from "../core/pricing.js";
import { type ErrorDialect, Lane } from "../sdk/index.js";
import { recordHeader } from "./tell-record.js";

/**
 * What every answer tells of its exchange, by lower-case header name. On a stream this is what is known at the commit:
 * the cost comes in the last event.
 */
export function answerHeaders(
  exchange: Exchange,
  configVersion: string,
  dialect?: ErrorDialect,
): Record<string, string> {
  const headers = idHeaders(exchange.id, dialect);
  headers["x-parlance-config-version"] = configVersion;
  const { attempts } = exchange;
  const last = attempts[attempts.length - 1];
  if (last === undefined) return headers;
  headers["x-parlance-provider"] = visible(last.provider);
  headers["x-parlance-target"] = visible(last.target);
  if (last.upstreamModel !== "") headers["x-parlance-model"] = visible(last.upstreamModel);
  headers["x-parlance-attempts"] = String(attempts.length);
  if (last.lane !== Lane.UNSPECIFIED)
    headers["x-parlance-lane"] = last.lane === Lane.VERBATIM ? "verbatim" : "translated";
  // On a stream these are the request's losses: those of the answer are not known yet.
  if (exchange.losses.list.length > 0) headers["x-parlance-losses"] = String(exchange.losses.list.length);
  const cost = costText(exchange.cost);
  if (cost !== undefined) headers["x-parlance-cost"] = cost;
  if (exchange.record === "headers" || exchange.record === "both")
    headers["x-parlance-record"] = recordHeader(exchange);
  return headers;
}

/**
 * The gateway's id of a request, under its own name and under those that clients look for. An answer that passes as it
 * came has the provider's id under the latter.
 */
export function idHeaders(id: string, dialect?: ErrorDialect): Record<string, string> {
  const headers: Record<string, string> = { "x-parlance-request-id": id, "x-request-id": id };
  if (dialect?.requestIdHeader !== undefined) headers[dialect.requestIdHeader] = id;
  return headers;
}

/** Header values are visible ASCII (RFC 9110 §5.5); a model's name may be anything. */
function visible(text: string): string {
  // Half a character, which JSON can hold, has no encoding.
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text.replace(/[\ud800-\udfff]/gu, "\ufffd"));
}
