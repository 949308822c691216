import { type Citation, CitationSchema, create, isObject, type JsonObject, type JsonValue } from "../../sdk/index.js";
import { isCount, isString } from "./checks.js";

/**
 * The sources that `groundingMetadata` names for pieces of a text, as citations of the text:
 * https://ai.google.dev/api/generate-content#GroundingMetadata. On the wire offsets count bytes; where they do not lead
 * to the words that are told beside them, they are left out.
 */
export function citationsOf(metadata: JsonValue | undefined, text: string): Citation[] {
  if (!isObject(metadata) || !Array.isArray(metadata.groundingSupports)) return [];
  const sources = Array.isArray(metadata.groundingChunks) ? metadata.groundingChunks : [];
  const bytes = Buffer.from(text);
  return metadata.groundingSupports.flatMap((support) => {
    if (!isObject(support) || !Array.isArray(support.groundingChunkIndices)) return [];
    const place = placeOf(support.segment, bytes);
    return support.groundingChunkIndices.flatMap((index) => {
      const source = sourceOf(isCount(index) ? sources[index] : undefined);
      return source === undefined ? [] : [create(CitationSchema, { ...source, ...place })];
    });
  });
}

function sourceOf(chunk: JsonValue | undefined): { url: string; title?: string } | undefined {
  if (!isObject(chunk)) return undefined;
  const { uri, title } = (chunk.web ?? chunk.retrievedContext ?? {}) as JsonObject;
  if (!isString(uri)) return undefined;
  return { url: uri, ...(isString(title) && { title }) };
}

function placeOf(segment: JsonValue | undefined, bytes: Buffer): { startIndex?: number; endIndex?: number } {
  if (!isObject(segment)) return {};
  const { startIndex = 0, endIndex, text } = segment;
  if (!isCount(startIndex) || !isCount(endIndex)) return {};
  if (isString(text) && bytes.toString("utf8", startIndex, endIndex) !== text) return {};
  const start = bytes.toString("utf8", 0, startIndex).length;
  return { startIndex: start, endIndex: start + bytes.toString("utf8", startIndex, endIndex).length };
}

/** Citations of a text as `groundingMetadata`; undefined when none has an address. */
export function groundingOf(citations: readonly Citation[], text: string): JsonObject | undefined {
  const chunks: JsonObject[] = [];
  const supports: JsonObject[] = [];
  for (const { url, title, startIndex, endIndex } of citations) {
    if (url === undefined) continue;
    const known = chunks.findIndex(({ web }) => isObject(web) && web.uri === url);
    const at = known === -1 ? chunks.push({ web: { uri: url, ...(title !== undefined && { title }) } }) - 1 : known;
    if (startIndex === undefined || endIndex === undefined) continue;
    const words = text.slice(startIndex, endIndex);
    const start = Buffer.byteLength(text.slice(0, startIndex));
    supports.push({
      segment: { startIndex: start, endIndex: start + Buffer.byteLength(words), text: words },
      groundingChunkIndices: [at],
    });
  }
  if (chunks.length === 0) return undefined;
  return { groundingChunks: chunks, ...(supports.length > 0 && { groundingSupports: supports }) };
}
