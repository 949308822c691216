import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ParlanceError, type ReadonlyHeaders } from "../sdk/index.js";

/** Where the decoded bytes go: the rest of an answer whose head has come. */
interface BodyReceiver {
  data(bytes: Buffer): void;
  end(): void;
  error(error: ParlanceError): void;
}

/** A decoder between a connection and its receiver. */
export interface Inflater {
  /** False when `onDrain` has to be waited for. */
  write(bytes: Buffer): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  /** Nothing more reaches the receiver. */
  destroy(): void;
}

/**
 * A decoder for an answer that is compressed although it was asked not to be, as some proxies' are; undefined when it is
 * not. What comes out goes to the receiver, a body that cannot be read is its `provider_error`.
 */
export function inflaterFor(
  headers: ReadonlyHeaders,
  receiver: BodyReceiver,
  onDrain: () => void,
): Inflater | undefined {
  const coding = String(headers["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
  if (coding === "" || coding === "identity") return undefined;
  const stream = decoderOf(coding);
  if (stream === undefined) {
    throw new ParlanceError(
      "provider_error",
      `The provider's answer has the content encoding "${coding.slice(0, 50)}", which cannot be read.`,
    );
  }
  stream.on("data", (bytes: Buffer) => receiver.data(bytes));
  stream.once("end", () => receiver.end());
  stream.once("error", (cause) =>
    receiver.error(
      new ParlanceError("provider_error", `The provider's answer is not the ${coding} that it says it is.`, { cause }),
    ),
  );
  stream.on("drain", onDrain);
  return {
    write: (bytes) => stream.write(bytes),
    end: () => void stream.end(),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    destroy: () => void stream.removeAllListeners("data").destroy(),
  };
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
