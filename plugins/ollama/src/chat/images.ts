import { type ImagePart, invalid, type Losses } from "@parlance/sdk";

/**
 * A picture as the wire has it: bare base64, without the front of a `data:` address
 * (https://docs.ollama.com/capabilities/vision). Undefined where it cannot be said, which is told.
 */
export function encodeImage(image: ImagePart, path: string, losses: Losses): string | undefined {
  if (image.detail !== undefined && image.detail !== "auto") {
    losses.drop(`${path}.detail`, "The target decides by itself how closely to look.");
  }
  const { source } = image;
  if (source.case === "data") return toBase64(source.value);
  if (source.case === "url") {
    const inline = base64Of(source.value);
    if (inline === undefined) losses.drop(`${path}.url`, "The target fetches no pictures: send the picture itself.");
    return inline;
  }
  if (source.case === "fileId") {
    throw invalid(`${path}.file_id`, `${path}.file_id names a file that another provider holds: send the file itself.`);
  }
  throw invalid(path, `${path} must have a source.`);
}

/** The base64 of a `data:` address (https://www.rfc-editor.org/rfc/rfc2397); undefined for any other. */
function base64Of(url: string): string | undefined {
  const [head = "", data] = url.split(",", 2);
  if (!/^data:/i.test(head) || data === undefined) return undefined;
  if (/;base64$/i.test(head)) return data;
  return toBase64(Buffer.from(decodeURIComponent(data)));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
