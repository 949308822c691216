import { type FilePart, type ImagePart, invalid, isObject, type JsonObject, type Losses } from "../../sdk/index.js";
import { imageTypeOf, mediaTypeOf, parseDataUrl, toBase64 } from "./media.js";
import { type Extended, formOf } from "./own.js";

/** A picture as an `image` block: https://platform.claude.com/docs/en/build-with-claude/vision */
export function encodeImage(image: ImagePart, part: Extended, path: string, losses: Losses): JsonObject {
  if (image.detail !== undefined && image.detail !== "auto") {
    losses.drop(`${path}.detail`, "The target decides by itself how closely to look.");
  }
  const { source } = image;
  const form = formOf(part);
  if (source.case === "url") {
    const inline = parseDataUrl(source.value);
    if (inline === undefined) return { type: "image", source: { type: "url", url: source.value } };
    return imageOf(inline.bytes, imageTypeOf(inline.bytes, inline.mediaType, `${path}.url`));
  }
  if (source.case === "fileId") return { type: "image", source: fileSource(source.value, `${path}.file_id`) };
  if (source.case !== "data") throw invalid(path, `${path} must have a source.`);
  if (isObject(form.source)) return asItWas("image", form.source);
  if (form.media_type === "absent") return { type: "image", source: { type: "base64", data: toBase64(source.value) } };
  return imageOf(source.value, imageTypeOf(source.value, image.mediaType, `${path}.data`));
}

function imageOf(bytes: Uint8Array, mediaType: string): JsonObject {
  return { type: "image", source: { type: "base64", media_type: mediaType, data: toBase64(bytes) } };
}

function asItWas(type: string, { data = "", media_type }: JsonObject): JsonObject {
  return {
    type,
    source: { type: "base64", data, ...(media_type === null || media_type === undefined ? {} : { media_type }) },
  };
}

/** A document as a `document` block: https://platform.claude.com/docs/en/build-with-claude/pdf-support */
export function encodeFile(file: FilePart, part: Extended, path: string, losses: Losses): JsonObject {
  const block = documentOf(file, part, path);
  if (file.filename === undefined) return block;
  if (block.type === "image") losses.drop(`${path}.filename`, "The target takes no names of pictures.");
  else block.title = file.filename;
  return block;
}

function documentOf(file: FilePart, part: Extended, path: string): JsonObject {
  const { source } = file;
  const form = formOf(part);
  const typed = form.media_type === "absent" ? {} : { media_type: "text/plain" };
  switch (source.case) {
    case "text":
      return { type: "document", source: { type: "text", ...typed, data: source.value } };
    case "url": {
      const inline = parseDataUrl(source.value);
      if (inline === undefined) return { type: "document", source: { type: "url", url: source.value } };
      return inlineDocument(inline.bytes, inline.mediaType, `${path}.url`);
    }
    case "fileId":
      return { type: "document", source: fileSource(source.value, `${path}.file_id`) };
    case "data":
      if (isObject(form.source)) return asItWas("document", form.source);
      return inlineDocument(source.value, file.mediaType, `${path}.data`);
    default:
      throw invalid(path, `${path} must have a source.`);
  }
}

/** The wire takes PDFs as bytes and texts as text; a picture that came as a file is a picture. */
function inlineDocument(bytes: Uint8Array, told: string | undefined, path: string): JsonObject {
  const type = mediaTypeOf(bytes, told);
  if (type === "application/pdf") {
    return { type: "document", source: { type: "base64", media_type: type, data: toBase64(bytes) } };
  }
  if (type?.startsWith("image/")) return imageOf(bytes, type);
  if (type !== undefined && (type.startsWith("text/") || /[/+](?:json|xml|yaml)$/.test(type))) {
    return {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: Buffer.from(bytes).toString("utf8") },
    };
  }
  throw invalid(
    path,
    `${path} must be a PDF, a text or a picture${type === undefined ? "; its media type is not known" : `, not ${type}`}.`,
  );
}

/** Ids of files belong to one provider: those of this dialect begin with `file_` (https://platform.claude.com/docs/en/build-with-claude/files). */
function fileSource(id: string, path: string): JsonObject {
  if (id.startsWith("file-")) {
    throw invalid(path, `${path} is "${id}", a file that another provider holds: send the file itself.`);
  }
  return { type: "file", file_id: id };
}
