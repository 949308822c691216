import type { CallerHeaders, TargetErrors, ReadonlyHeaders } from "../../sdk/index.js";

/** Set by the gateway's own default, which gives way to what the caller says of the body. */
const OF_THE_BODY: ReadonlySet<string> = new Set(["content-type"]);

/**
 * Headers of a call that passes as it came: the caller's, under those of the provider and its operator. `ruled` by the
 * dialect are joined elsewhere. `length` of the body in bytes; undefined for a body that is sent in chunks, or for none.
 */
export function withPassedHeaders(
  providers: readonly string[],
  caller: readonly string[],
  ruled: CallerHeaders,
  hasBody: boolean,
  length: number | undefined,
): readonly string[] {
  const out: string[] = [];
  const told = new Set<string>();
  for (let i = 0; i < caller.length; i += 2) if (OF_THE_BODY.has(caller[i] as string)) told.add(caller[i] as string);
  const set = new Set<string>();
  for (let i = 0; i < providers.length; i += 2) {
    const name = providers[i] as string;
    if (OF_THE_BODY.has(name) && (told.has(name) || !hasBody)) continue;
    set.add(name);
    out.push(name, providers[i + 1] as string);
  }
  for (let i = 0; i < caller.length; i += 2) {
    const name = caller[i] as string;
    if (!set.has(name) && !(name in ruled)) out.push(name, caller[i + 1] as string);
  }
  if (length !== undefined) out.push("content-length", String(length));
  return out;
}

/** What an answer says of itself and of its bytes. Cookies, and what names servers and accounts, are not among them. */
const OF_THE_ANSWER: ReadonlySet<string> = new Set([
  "accept-ranges",
  "age",
  "allow",
  "cache-control",
  "content-digest",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "deprecation",
  "digest",
  "etag",
  "expires",
  "last-modified",
  "link",
  "location",
  "retry-after",
  "retry-after-ms",
  "sunset",
]);

/** Headers of an answer that passes as it came, as far as they are for the caller. */
export function passedHeaders(dialect: TargetErrors, headers: ReadonlyHeaders): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name in headers) {
    if (!OF_THE_ANSWER.has(name) && dialect.isForCaller?.(name) !== true) continue;
    const value: string | readonly string[] | undefined = headers[name];
    if (value !== undefined) out[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return out;
}
