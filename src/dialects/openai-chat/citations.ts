import { type Citation, CitationSchema, create, isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";
import { asObject, isCount, isString } from "./checks.js";
import { restore, WireObject } from "./own.js";

/** An annotation as a citation; what is not a `url_citation` is kept whole in its extensions. */
export function decodeAnnotation(value: JsonValue, path: string): Citation {
  const wire = new WireObject(asObject(value, path), path);
  const inner = wire.peek("url_citation");
  if (wire.peek("type") !== "url_citation" || !isObject(inner)) {
    return create(CitationSchema, { extensions: wire.extensions() ?? {} });
  }
  wire.take("type");
  wire.take("url_citation");
  const source = { ...inner };
  const takeWord = (name: string): string | undefined => {
    const word = source[name];
    if (isString(word)) delete source[name];
    return isString(word) ? word : undefined;
  };
  const takeIndex = (name: string): number | undefined => {
    const index = source[name];
    if (!isCount(index)) return undefined;
    delete source[name];
    return index;
  };
  const url = takeWord("url");
  const title = takeWord("title");
  const startIndex = takeIndex("start_index");
  const endIndex = takeIndex("end_index");
  if (Object.keys(source).length > 0) wire.keep("url_citation", source);
  const extensions = wire.extensions();
  return create(CitationSchema, {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(startIndex !== undefined && { startIndex }),
    ...(endIndex !== undefined && { endIndex }),
    ...(extensions && { extensions }),
  });
}

/** The annotation of a citation; undefined for one that the wire cannot say, such as a passage of a document. */
export function encodeAnnotation(citation: Citation): JsonObject | undefined {
  if (citation.url === undefined) {
    const kept = restore({}, citation);
    return kept.type === undefined ? undefined : kept;
  }
  const source: JsonObject = { url: citation.url };
  if (citation.title !== undefined) source.title = citation.title;
  if (citation.startIndex !== undefined) source.start_index = citation.startIndex;
  if (citation.endIndex !== undefined) source.end_index = citation.endIndex;
  return restore({ type: "url_citation", url_citation: source }, citation);
}
