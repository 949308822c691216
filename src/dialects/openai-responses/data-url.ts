/** Bytes and media type of a `data:` URL in base64; undefined when the text is not one. */
export function readDataUrl(url: string): { mediaType: string; data: Uint8Array } | undefined {
  if (!url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  const head = url.slice(5, comma);
  if (comma === -1 || !head.endsWith(";base64")) return undefined;
  return { mediaType: head.slice(0, -";base64".length), data: Buffer.from(url.slice(comma + 1), "base64") };
}

/** The `data:` URL of bytes. */
export function writeDataUrl(mediaType: string, data: Uint8Array): string {
  return `data:${mediaType};base64,${base64(data)}`;
}

/** Base64 of bytes. */
export function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}
