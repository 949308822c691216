import { type Citation, CitationSchema, create, type JsonObject, type JsonValue } from "../../sdk/index.js";
import { asObject, isCount, isString } from "../openai-chat/checks.js";
import { restore, WireObject } from "./own.js";

/** An annotation as a citation; what is not a `url_citation` is kept whole in its extensions. */
export function decodeAnnotation(value: JsonValue, path: string): Citation {
  const wire = new WireObject(asObject(value, path), path);
  if (wire.peek("type") !== "url_citation" || !isString(wire.peek("url")))
    return create(CitationSchema, { extensions: wire.extensions() ?? {} });
  wire.take("type");
  const url = wire.takeIf("url", isString);
  const title = wire.takeIf("title", isString);
  const startIndex = wire.takeIf("start_index", isCount);
  const endIndex = wire.takeIf("end_index", isCount);
  const extensions = wire.extensions();
  return create(CitationSchema, {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(startIndex !== undefined && { startIndex }),
    ...(endIndex !== undefined && { endIndex }),
    ...(extensions && { extensions }),
  });
}

/**
 * The annotation of a citation; undefined for one that the wire cannot say, such as a passage of a document. `whole`
 * adds what clients read without looking: title and indices.
 */
export function encodeAnnotation(citation: Citation, whole: boolean): JsonObject | undefined {
  if (citation.url === undefined) {
    const kept = restore({}, citation);
    return kept.type === undefined ? undefined : kept;
  }
  const out: JsonObject = { type: "url_citation", url: citation.url };
  if (citation.title !== undefined) out.title = citation.title;
  if (citation.startIndex !== undefined) out.start_index = citation.startIndex;
  if (citation.endIndex !== undefined) out.end_index = citation.endIndex;
  if (whole) {
    out.title ??= citation.url;
    out.start_index ??= 0;
    out.end_index ??= 0;
  }
  return restore(out, citation);
}
