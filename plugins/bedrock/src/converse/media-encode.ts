import { type AudioPart, type FilePart, type ImagePart, invalid, type JsonObject, type Losses } from "@parlance/sdk";
import type { DocumentNames } from "./document-name.js";
import { type Extended, fieldsOf } from "./own.js";

/** Forms of pictures, by media type: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html */
const IMAGES: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/jpg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
const DOCUMENTS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "text/csv": "csv",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "text/html": "html",
  "text/markdown": "md",
  "text/plain": "txt",
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_VideoBlock.html */
const VIDEOS: Readonly<Record<string, string>> = {
  "video/x-matroska": "mkv",
  "video/quicktime": "mov",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/x-flv": "flv",
  "video/mpeg": "mpeg",
  "video/x-ms-wmv": "wmv",
  "video/3gpp": "three_gp",
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_AudioBlock.html */
const SOUNDS: ReadonlySet<string> = new Set(
  "aac flac m4a mka mkv mp3 mp4 mpeg mpga ogg opus pcm wav webm x-aac".split(" "),
);

const TEXTUAL = /^text\/|[/+](?:json|xml|yaml|x-yaml|javascript)$/;

/** What the wire says of where something is, and what is known of its kind. */
interface Located {
  readonly source: JsonObject;
  readonly bytes?: Uint8Array;
  readonly mediaType?: string | undefined;
}

/** A picture as an `image` block. */
export function encodeImage(image: ImagePart, part: Extended, path: string, losses: Losses): JsonObject {
  if (image.detail !== undefined && image.detail !== "auto") {
    losses.drop(`${path}.detail`, "The target decides by itself how closely to look.");
  }
  const { source, bytes, mediaType } = locate(image.source, image.mediaType, path);
  const told = fieldsOf(part).format;
  const format =
    typeof told === "string" ? told : IMAGES[(bytes && imageTypeOf(bytes)) ?? mediaType?.toLowerCase() ?? ""];
  if (format === undefined) throw invalid(path, `${path} must be a PNG, JPEG, GIF or WebP.`);
  return { image: { format, source } };
}

/** A file as a `document`, `image`, `video` or `audio` block, by its media type. */
export function encodeFile(
  file: FilePart,
  part: Extended,
  path: string,
  names: DocumentNames,
  losses: Losses,
): JsonObject {
  const { filename } = file;
  const { source, bytes, mediaType } = locate(file.source, file.mediaType ?? typeByEnding(filename), path);
  const type = (bytes && typeOf(bytes)) ?? mediaType?.toLowerCase().replace(/;.*$/, "").trim() ?? "";
  const block = mediaBlock(type, source);
  if (block !== undefined) {
    if (filename !== undefined) losses.drop(`${path}.filename`, "The target takes names of documents only.");
    return block;
  }
  const told = fieldsOf(part).format;
  const format = typeof told === "string" ? told : (DOCUMENTS[type] ?? (TEXTUAL.test(type) ? "txt" : undefined));
  if (format === undefined) {
    const not = type === "" ? "; its media type is not known" : `, not ${type}`;
    throw invalid(path, `${path} must be one of ${Object.values(DOCUMENTS).join(", ")}, or a picture or video${not}.`);
  }
  const { name, changed } = names.next(filename);
  if (changed) losses.approximate(`${path}.filename`, `The target takes no such name of a document: "${name}".`);
  return { document: { format, name, source } };
}

function mediaBlock(type: string, source: JsonObject): JsonObject | undefined {
  const picture = IMAGES[type];
  if (picture !== undefined) return { image: { format: picture, source } };
  const video = VIDEOS[type];
  if (video !== undefined) return { video: { format: video, source } };
  const sound = type.startsWith("audio/") ? soundOf(type.slice("audio/".length)) : undefined;
  return sound === undefined ? undefined : { audio: { format: sound, source } };
}

/** Sound as an `audio` block. */
export function encodeAudio(audio: AudioPart, path: string, losses: Losses): JsonObject {
  if (audio.source.case !== "data") {
    throw invalid(path, `${path} names sound that another provider holds: send the sound itself.`);
  }
  const format = soundOf(audio.format ?? "");
  if (format === undefined) throw invalid(`${path}.format`, `${path}.format must be one of ${[...SOUNDS].join(", ")}.`);
  if (audio.transcript !== undefined) losses.drop(`${path}.transcript`, "The target hears the sound alone.");
  return { audio: { format, source: { bytes: base64(audio.source.value) } } };
}

function soundOf(word: string): string | undefined {
  const known = word === "x-wav" || word === "wave" ? "wav" : word === "pcm16" ? "pcm" : word;
  return SOUNDS.has(known) ? known : undefined;
}

function locate(
  source: FilePart["source"] | ImagePart["source"],
  mediaType: string | undefined,
  path: string,
): Located {
  switch (source.case) {
    case "data":
      return { source: { bytes: base64(source.value) }, bytes: source.value, mediaType };
    case "text":
      return { source: { bytes: base64(Buffer.from(source.value)) }, mediaType: mediaType ?? "text/plain" };
    case "url":
      return locateUrl(source.value, mediaType, path);
    case "fileId":
      throw invalid(`${path}.file_id`, `${path}.file_id is a file that another provider holds: send the file itself.`);
    default:
      throw invalid(path, `${path} must have a source.`);
  }
}

function locateUrl(url: string, mediaType: string | undefined, path: string): Located {
  if (url.startsWith("s3://")) {
    return { source: { s3Location: { uri: url } }, mediaType: mediaType ?? typeByEnding(url) };
  }
  const inline = /^data:([^;,]*)((?:;[^;,]+)*),/i.exec(url);
  if (inline === null) {
    throw invalid(
      `${path}.url`,
      `${path}.url is an address of the web, which the target does not fetch: send the data itself, or an s3:// address.`,
    );
  }
  const rest = url.slice(inline[0].length);
  const bytes = /;base64$/i.test(inline[2] ?? "") ? Buffer.from(rest, "base64") : Buffer.from(decodeURIComponent(rest));
  return { source: { bytes: base64(bytes) }, bytes, mediaType: inline[1] || mediaType };
}

/** By the ending of a name: what a file is called is often all that is told of it. */
function typeByEnding(name: string | undefined): string | undefined {
  const ending = /\.([A-Za-z0-9]+)$/.exec(name ?? "")?.[1]?.toLowerCase();
  if (ending === undefined) return undefined;
  const format = ending === "jpg" ? "jpeg" : ending === "3gp" ? "three_gp" : ending === "htm" ? "html" : ending;
  for (const table of [DOCUMENTS, IMAGES, VIDEOS]) {
    for (const [type, known] of Object.entries(table)) if (known === format) return type;
  }
  return SOUNDS.has(format) ? `audio/${format}` : undefined;
}

/** By the first bytes: a wrong media type would be refused. */
function typeOf(bytes: Uint8Array): string | undefined {
  return Buffer.from(bytes.subarray(0, 5)).toString("latin1") === "%PDF-" ? "application/pdf" : imageTypeOf(bytes);
}

function imageTypeOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF8")) return "image/gif";
  return head.startsWith("RIFF") && head.slice(8) === "WEBP" ? "image/webp" : undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
