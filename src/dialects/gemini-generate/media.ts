/** Bytes of a base64 text, and whether the text is the usual one of these bytes. Both alphabets are read. */
export function fromBase64(text: string): { bytes: Buffer; canonical: boolean } {
  const bytes = Buffer.from(text, "base64");
  return { bytes, canonical: bytes.toString("base64") === text };
}

/** The base64 text of bytes. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Parses a data URL (https://www.rfc-editor.org/rfc/rfc2397); undefined for any other address. */
export function parseDataUrl(url: string): { mediaType: string; bytes: Buffer } | undefined {
  if (!url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  if (comma === -1) return undefined;
  const [mediaType = "", ...parameters] = url.slice(5, comma).split(";");
  const data = url.slice(comma + 1);
  const bytes = parameters.includes("base64") ? Buffer.from(data, "base64") : Buffer.from(decodeURIComponent(data));
  return { mediaType: mediaType.toLowerCase(), bytes };
}

// The first bytes of what the wire takes.
const SIGNATURES: readonly (readonly [string, string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["25504446", "application/pdf"],
];

/** The media type of bytes: as told, or else as their first ones tell; undefined when neither does. */
export function mediaTypeOf(bytes: Uint8Array, told: string | undefined): string | undefined {
  // A common slip, which the wire refuses.
  if (told !== undefined && told !== "") return told.toLowerCase() === "image/jpg" ? "image/jpeg" : told;
  const head = Buffer.from(bytes.subarray(0, 12)).toString("hex");
  if (head.startsWith("52494646") && head.endsWith("57454250")) return "image/webp";
  return SIGNATURES.find(([signature]) => head.startsWith(signature))?.[1];
}

const ENDINGS: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  heic: "image/heic",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/md",
  html: "text/html",
  csv: "text/csv",
  mp3: "audio/mp3",
  wav: "audio/wav",
  mp4: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
};

/** The media type that the end of an address tells; undefined when it tells none. */
export function mediaTypeOfUrl(url: string): string | undefined {
  const path = url.split(/[?#]/)[0] ?? "";
  return ENDINGS[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
}

/** Words for encodings of sound, and their media types: https://ai.google.dev/gemini-api/docs/audio#supported-formats */
const SOUNDS: readonly (readonly [string, string])[] = [
  ["wav", "audio/wav"],
  ["mp3", "audio/mp3"],
  ["mp3", "audio/mpeg"],
  ["aac", "audio/aac"],
  ["ogg", "audio/ogg"],
  ["opus", "audio/opus"],
  ["flac", "audio/flac"],
  ["aiff", "audio/aiff"],
  ["m4a", "audio/m4a"],
  ["pcm16", "audio/pcm"],
];

/** The vocabulary's word for an encoding of sound: `wav` for `audio/wav`, `pcm16` for `audio/L16;rate=24000`. */
export function soundFormatOf(mediaType: string): string {
  const [type = ""] = mediaType.toLowerCase().split(";");
  if (type === "audio/l16") return "pcm16";
  return SOUNDS.find(([, known]) => known === type)?.[0] ?? type.slice("audio/".length);
}

/** The media type of an encoding of sound. */
export function soundTypeOf(format: string): string {
  return SOUNDS.find(([word]) => word === format)?.[1] ?? `audio/${format}`;
}
