import { invalid, ParlanceError } from "../../sdk/index.js";

/** What a query says of the answer's form: https://cloud.google.com/apis/docs/system-parameters */
export interface Query {
  /** Whether a stream is one of server-sent events; else it is a JSON array. */
  readonly sse: boolean;
}

/**
 * Reads the query of a call. What does not touch the answer's content is passed over: numbers in place of the words of
 * enums (`$alt=json;enum-encoding=int`), which every parser that asks for them reads as words too, and indentation. Throws
 * `unsupported` for a form that there is not, and for a choice of fields.
 */
export function readQuery(query: Readonly<Record<string, unknown>>): Query {
  const alt = query.alt ?? query.$alt ?? "json";
  if (typeof alt !== "string") throw invalid("alt", "alt must be given once.");
  const form = alt.split(";", 1)[0]?.toLowerCase();
  if (form !== "json" && form !== "sse") throw unsupported("alt", `alt is "${alt}": answers are json or sse.`);
  if (query.fields !== undefined || query.$fields !== undefined) {
    throw unsupported("fields", "fields: answers come with all of their fields.");
  }
  return { sse: form === "sse" };
}

function unsupported(field: string, message: string): ParlanceError {
  return new ParlanceError("unsupported", message, { field });
}
