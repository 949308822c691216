import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { ReadonlyHeaders } from "./dialect.js";
import { ParlanceError } from "./errors.js";

/** A decoder for one compressed answer. */
export interface ContentDecoder {
  /** Name of the compression, such as `gzip`. */
  readonly coding: string;
  readonly stream: Transform;
}

/**
 * A decoder for an answer that is compressed although it was asked not to be, as some proxies' are; undefined when it is
 * not. Throws `malformed_answer` for a compression that cannot be read.
 */
export function contentDecoder(headers: ReadonlyHeaders): ContentDecoder | undefined {
  const coding = String(headers["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
  if (coding === "" || coding === "identity") return undefined;
  const stream = decoderOf(coding);
  if (stream !== undefined) return { coding, stream };
  throw new ParlanceError(
    "malformed_answer",
    `The provider's answer has the content encoding "${coding.slice(0, 50)}", which cannot be read.`,
  );
}

/** What is told of a compressed answer that cannot be decoded. */
export function undecodable(coding: string, cause: unknown): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's answer is not the ${coding} that it says it is.`, {
    cause,
  });
}

function decoderOf(coding: string): Transform | undefined {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      return undefined;
  }
}
