import { contentDecoder, type ParlanceError, type ReadonlyHeaders, undecodable } from "../sdk/index.js";

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
 * not. What comes out goes to the receiver, a body that cannot be read is its `malformed_answer`.
 */
export function inflaterFor(
  headers: ReadonlyHeaders,
  receiver: BodyReceiver,
  onDrain: () => void,
): Inflater | undefined {
  const decoder = contentDecoder(headers);
  if (decoder === undefined) return undefined;
  const { coding, stream } = decoder;
  stream.on("data", (bytes: Buffer) => receiver.data(bytes));
  stream.once("end", () => receiver.end());
  stream.once("error", (cause) => receiver.error(undecodable(coding, cause)));
  stream.on("drain", onDrain);
  return {
    write: (bytes) => stream.write(bytes),
    end: () => void stream.end(),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    destroy: () => void stream.removeAllListeners("data").destroy(),
  };
}
