import { invalid } from "../../sdk/index.js";

/** Bytes of a base64 text, and whether the text is the usual one of these bytes. */
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

// The first bytes of the pictures and documents that the wire takes.
const SIGNATURES: readonly (readonly [string, string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["52494646", "image/webp"],
  ["25504446", "application/pdf"],
];

/** The media type of bytes: as told, or else as their first ones tell; undefined when neither does. */
export function mediaTypeOf(bytes: Uint8Array, told: string | undefined): string | undefined {
  if (told !== undefined && told !== "") {
    const word = told.toLowerCase().split(";")[0]?.trim();
    // A common slip that the wire refuses.
    return word === "image/jpg" ? "image/jpeg" : word;
  }
  const head = Buffer.from(bytes.subarray(0, 4)).toString("hex");
  return SIGNATURES.find(([signature]) => head.startsWith(signature))?.[1];
}

/** The media type of a picture; `invalid_request` that names `path` when it is none. */
export function imageTypeOf(bytes: Uint8Array, told: string | undefined, path: string): string {
  const type = mediaTypeOf(bytes, told);
  if (type?.startsWith("image/")) return type;
  throw invalid(
    path,
    `${path} must be a picture, ${type === undefined ? "and its media type is not known" : `not ${type}`}.`,
  );
}
