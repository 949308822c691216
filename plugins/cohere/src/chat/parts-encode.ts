import {
  type FilePart,
  type ImagePart,
  invalid,
  type JsonObject,
  type Losses,
  type Part,
  tellForeignFields,
  tellHomelessFields,
} from "@parlance/sdk";
import { DIALECT } from "./wire.js";

/** A part with its path, in the words of the vocabulary. */
export type Placed = readonly [Part, string];

/** Tells what a part holds beside itself and the wire has no place for. */
export function tellPart(part: Part, path: string, losses: Losses): void {
  tellForeignFields(part, path, DIALECT, losses);
  if (part.kind.case !== "toolCall") tellHomelessFields(part, path, DIALECT, losses);
  if (part.cache !== undefined) losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
}

/** What a person, an application or a tool says, as pieces of content. Documents go to `documents`. */
export function encodePieces(parts: readonly Placed[], documents: JsonObject[], losses: Losses): JsonObject[] {
  return parts.flatMap(([part, path]) => {
    const piece = encodePiece(part, path, documents, losses);
    return piece === undefined ? [] : [piece];
  });
}

function encodePiece({ kind }: Part, path: string, documents: JsonObject[], losses: Losses): JsonObject | undefined {
  switch (kind.case) {
    case "text":
      kind.value.citations.forEach((_, index) => {
        losses.drop(`${path}.text.citations[${index}]`, "The target takes citations of its own answers only.");
      });
      return kind.value.text === "" ? undefined : { type: "text", text: kind.value.text };
    case "image":
      return { type: "image_url", image_url: encodeImage(kind.value, `${path}.image`) };
    case "file": {
      const document = encodeFile(kind.value, path, losses);
      if (document === undefined) return undefined;
      losses.approximate(path, "The target takes documents beside the conversation, not in it.");
      documents.push(document);
      return undefined;
    }
    case "audio":
      if (kind.value.transcript) {
        losses.approximate(path, "The target does not hear: the words are sent.");
        return { type: "text", text: kind.value.transcript };
      }
      losses.drop(path, "The target does not hear.");
      return undefined;
    case "opaque":
      if (kind.value.dialect === DIALECT) return { ...kind.value.value };
      losses.drop(path, `Only the dialect ${kind.value.dialect} has this piece, and the target speaks ${DIALECT}.`);
      return undefined;
    default:
      losses.drop(path, "The target has no place for it here.");
      return undefined;
  }
}

/** https://docs.cohere.com/docs/image-inputs */
function encodeImage({ source, mediaType, detail }: ImagePart, path: string): JsonObject {
  return { url: urlOf(source, mediaType, path), ...(detail !== undefined && { detail }) };
}

function urlOf(source: ImagePart["source"], mediaType: string | undefined, path: string): string {
  if (source.case === "url") return source.value;
  if (source.case === "data") {
    const bytes = Buffer.from(source.value.buffer, source.value.byteOffset, source.value.byteLength);
    return `data:${mediaType || mediaTypeOf(bytes)};base64,${bytes.toString("base64")}`;
  }
  if (source.case === "fileId") {
    throw invalid(`${path}.file_id`, `${path}.file_id names a file that another provider holds: send the file itself.`);
  }
  throw invalid(path, `${path} must have a source.`);
}

/** The media type of a picture, as its first bytes tell: one of those that the wire takes. */
function mediaTypeOf(bytes: Buffer): string {
  const head = bytes.subarray(0, 12).toString("latin1");
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("GIF8")) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : "image/jpeg";
}

/** A document of plain text: https://docs.cohere.com/reference/chat#request.body.documents. Others are told as lost. */
export function encodeFile(
  { source, mediaType, filename }: FilePart,
  path: string,
  losses: Losses,
): JsonObject | undefined {
  const text =
    source.case === "text"
      ? source.value
      : source.case === "data" && mediaType?.startsWith("text/")
        ? Buffer.from(source.value).toString("utf8")
        : undefined;
  if (text !== undefined) return { data: { text, ...(filename !== undefined && { title: filename }) } };
  losses.drop(path, "The target reads no documents but plain text.");
  return undefined;
}
