import {
  type Citation,
  CitationSchema,
  create,
  isObject,
  type JsonObject,
  type JsonValue,
  ownFields,
} from "@parlance/sdk";
import { DIALECT, isCount, isString } from "./wire.js";

/**
 * A citation of an answer (https://docs.cohere.com/docs/retrieval-augmented-generation-rag): `start` and `end` count
 * characters of the citing text, and `text` is what stands there. Its sources, of which it may have several, stay fields
 * of the dialect; the first one's title and address are told too.
 */
export function decodeCitation(value: JsonObject): Citation {
  const { start, end, ...fields } = value;
  const [source] = Array.isArray(value.sources) ? value.sources : [];
  const document = isObject(source) && isObject(source.document) ? source.document : {};
  const { title, url } = document;
  return create(CitationSchema, {
    ...(isCount(start) && { startIndex: start }),
    ...(isCount(end) && { endIndex: end }),
    ...(isString(title) && { title }),
    ...(isString(url) && { url }),
    extensions: { [DIALECT]: fields },
  });
}

/** A citation that came from this wire, as it was; undefined for any other. `at`: its text among the content. */
export function encodeCitation(citation: Citation, at: number): JsonObject | undefined {
  const fields = ownFields(citation, DIALECT);
  if (!Array.isArray(fields.sources)) return undefined;
  return {
    ...(citation.startIndex !== undefined && { start: citation.startIndex }),
    ...(citation.endIndex !== undefined && { end: citation.endIndex }),
    ...fields,
    ...(fields.content_index !== undefined && { content_index: at }),
  };
}

/** The place of the cited content, where the wire tells it. */
export function contentIndexOf(value: JsonObject): number | undefined {
  return isCount(value.content_index) ? value.content_index : undefined;
}

/** Whether a citation is of the answer's text, and not of a plan or of thoughts. */
export function isOfText(value: JsonValue | undefined): value is JsonObject {
  return isObject(value) && (value.type === undefined || value.type === "TEXT_CONTENT");
}
