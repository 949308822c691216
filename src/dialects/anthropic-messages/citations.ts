import {
  type Citation,
  CitationSchema,
  create,
  type JsonObject,
  type JsonValue,
  type Losses,
} from "../../sdk/index.js";
import { asObject, isString } from "./checks.js";
import { fieldsOf, restore, tellForeign, WireObject } from "./own.js";

// https://platform.claude.com/docs/en/build-with-claude/citations: `document_title` where the source is a document,
// `title` where it is a search result.
const WEB = "web_search_result_location";

/** A citation of any type; what only the wire has (indices into the source, seals) stays in its extensions. */
export function decodeCitation(value: JsonValue, path: string): Citation {
  const wire = new WireObject(asObject(value, path), path);
  const title = wire.takeIf(wire.peek("document_title") === undefined ? "title" : "document_title", isString);
  const url = wire.takeIf("url", isString);
  const citedText = wire.takeIf("cited_text", isString);
  const extensions = wire.extensions();
  return create(CitationSchema, {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(citedText !== undefined && { citedText }),
    ...(extensions && { extensions }),
  });
}

/** A citation of a request; undefined, and a loss, for one that the provider could not verify. */
export function encodeOwnCitation(citation: Citation, path: string, losses: Losses): JsonObject | undefined {
  tellForeign(citation, path, losses);
  const { type, encrypted_index: seal } = fieldsOf(citation);
  if (type !== undefined && (type !== WEB || seal !== "")) return writeCitation(citation);
  losses.drop(path, "The target takes only citations that it has made itself.");
  return undefined;
}

/** A citation of an answer. One that another provider made is told as a search result without its seal. */
export function writeCitation(citation: Citation): JsonObject {
  const { type } = fieldsOf(citation);
  const out: JsonObject = {};
  if (citation.citedText !== undefined) out.cited_text = citation.citedText;
  if (citation.url !== undefined) out.url = citation.url;
  if (type === undefined) {
    return { type: WEB, cited_text: "", url: "", title: citation.title ?? null, encrypted_index: "", ...out };
  }
  if (citation.title !== undefined)
    out[/^(char|page|content_block)_location$/.test(String(type)) ? "document_title" : "title"] = citation.title;
  return restore(out, citation);
}
