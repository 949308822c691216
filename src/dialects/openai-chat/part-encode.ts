import type { AudioPart, FilePart, ImagePart, JsonObject, Losses, Part } from "../../sdk/index.js";
import { writeCacheControl } from "./cache-control.js";
import { base64, writeDataUrl } from "./data-url.js";
import { formOf, restore, tellForeign } from "./own.js";
import { DIALECT } from "./wire.js";
import { isHeldElsewhere } from "../held-elsewhere.js";

/**
 * One piece of a `content` array; undefined when the wire cannot say it, which is then told as a loss.
 * Tool calls, tool results and plain reasoning are no content on this wire and not for this function.
 */
export function encodeContentPart(part: Part, path: string, losses: Losses): JsonObject | undefined {
  tellForeign(part, path, losses);
  const form = formOf(part);
  const out = wireOf(part, path, losses);
  if (out === undefined) return undefined;
  if (part.cache !== undefined) {
    if (form.cache === true) out.cache_control = writeCacheControl(part.cache);
    else losses.drop(`${path}.cache`, "The target caches prompts by itself and takes no hints.");
  }
  return restore(out, part);
}

function wireOf(part: Part, path: string, losses: Losses): JsonObject | undefined {
  const { kind } = part;
  const form = formOf(part);
  switch (kind.case) {
    case "text":
      return { type: "text", text: kind.value.text };
    case "refusal":
      return { type: "refusal", refusal: kind.value.text };
    case "image":
      return writeImage(kind.value, form, path, losses);
    case "audio":
      return writeAudio(kind.value, form, path, losses);
    case "file":
      return writeFile(kind.value, form, path, losses);
    case "reasoning": {
      const { text } = kind.value;
      if (Array.isArray(form.thinking)) return { type: "thinking", thinking: form.thinking };
      if (form.thinking === "string") return { type: "thinking", thinking: text };
      return { type: "thinking", thinking: form.thinking === "empty" ? [] : [{ type: "text", text }] };
    }
    case "opaque":
      if (kind.value.dialect === DIALECT) return { ...kind.value.value };
      losses.drop(path, `Only the dialect ${kind.value.dialect} has this piece.`);
      return undefined;
    default:
      losses.drop(path, "The target's dialect has no place for this piece here.");
      return undefined;
  }
}

function writeImage(image: ImagePart, form: JsonObject, path: string, losses: Losses): JsonObject | undefined {
  const { source, detail } = image;
  if (source.case === undefined || source.case === "fileId") {
    losses.drop(`${path}.image`, "A file of one provider cannot be read by another.");
    return undefined;
  }
  const url =
    source.case === "url"
      ? source.value
      : typeof form.text === "string"
        ? form.text
        : writeDataUrl(image.mediaType ?? "image/png", source.value);
  if (form.image_url === "string") return { type: "image_url", image_url: url };
  return { type: "image_url", image_url: detail === undefined ? { url } : { url, detail } };
}

function writeAudio(audio: AudioPart, form: JsonObject, path: string, losses: Losses): JsonObject | undefined {
  const { source } = audio;
  if (source.case !== "data") {
    losses.drop(`${path}.audio`, "Sound without its data cannot be sent as content.");
    return undefined;
  }
  const data = typeof form.text === "string" ? form.text : base64(source.value);
  return { type: "input_audio", input_audio: { data, format: audio.format ?? "wav" } };
}

function writeFile(file: FilePart, form: JsonObject, path: string, losses: Losses): JsonObject | undefined {
  const { source } = file;
  const named: JsonObject = file.filename === undefined ? {} : { filename: file.filename };
  switch (source.case) {
    case "data": {
      const media = file.mediaType ?? "application/pdf";
      const data = typeof form.text === "string" ? form.text : writeDataUrl(media, source.value);
      return { type: "file", file: { ...named, file_data: data } };
    }
    case "fileId":
      if (isHeldElsewhere(source.value)) {
        losses.drop(`${path}.file`, "Another provider holds the file.");
        return undefined;
      }
      return { type: "file", file: { ...named, file_id: source.value } };
    case "text":
      losses.approximate(`${path}.file`, "The target takes no plain-text documents; it is sent as text.");
      return { type: "text", text: source.value };
    case "url":
      if (form.type === "document_url") return { type: "document_url", document_url: source.value };
      if (form.file_data === "url") return { type: "file", file: { ...named, file_data: source.value } };
      losses.drop(`${path}.file`, "The target does not fetch documents by address.");
      return undefined;
    default:
      losses.drop(`${path}.file`, "The document is empty.");
      return undefined;
  }
}
