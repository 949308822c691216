import type { IncomingHttpHeaders } from "node:http";
import type { ErrorDialect, ReadonlyHeaders } from "../sdk/index.js";

/** What of a caller's headers belongs to the request itself, as its dialect says; undefined when there is nothing. */
export function callerHeaders(headers: IncomingHttpHeaders, dialect: ErrorDialect): ReadonlyHeaders | undefined {
  let out: Record<string, string> | undefined;
  for (const name in dialect.callerHeaders) {
    const value = headers[name];
    if (value === undefined) continue;
    out ??= {};
    out[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return out;
}
