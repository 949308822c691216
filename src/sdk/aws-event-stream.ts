import { crc32 } from "node:zlib";
import { ParlanceError } from "./errors.js";
import type { SseEvent } from "./sse.js";
import type { EventReader, StreamFraming } from "./stream-framing.js";

/** Largest frame in bytes, as of server-sent events. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Length of the frame, length of the headers, checksum of both. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;

/**
 * Amazon's binary event streams: length-prefixed frames with two CRC-32 checksums
 * (https://smithy.io/2.0/aws/amazon-eventstream.html). A frame becomes an event whose `data` is its payload as text.
 * `event` is its `:event-type`; of an exception it is `exception:` and its `:exception-type`, and of an error without a
 * payload `error:` and its `:error-code`, with `data` as `{"message": ...}`. A frame that is broken throws
 * `malformed_answer`.
 */
export const awsEventStreamFraming: StreamFraming = {
  contentType: "vnd.amazon.eventstream",
  title: "an Amazon event stream",
  reader: () => new FrameReader(MAX_FRAME_BYTES),
};

class FrameReader implements EventReader {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Length of the frame that is being read; 0 while its prelude is not whole. */
  #wanted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(bytes: Buffer, each: (event: SseEvent) => void): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size < (this.#wanted === 0 ? PRELUDE_BYTES : this.#wanted)) return;
    const all = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces, this.#size);
    let at = 0;
    this.#wanted = 0;
    while (all.length - at >= PRELUDE_BYTES) {
      const length = this.#lengthOf(all, at);
      if (all.length - at < length) {
        this.#wanted = length;
        break;
      }
      each(readFrame(all.subarray(at, at + length)));
      at += length;
    }
    this.#size = all.length - at;
    this.#pieces = this.#size === 0 ? [] : [all.subarray(at)];
  }

  /** A frame that is not whole tells nothing: whether that matters, the decoder knows. */
  end(): void {
    this.#pieces = [];
    this.#size = 0;
  }

  #lengthOf(bytes: Buffer, at: number): number {
    // Checked before the length is believed, for it says how much is to be waited for.
    if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) {
      throw broken("the checksum of a frame's prelude is wrong");
    }
    const length = bytes.readUInt32BE(at);
    const headers = bytes.readUInt32BE(at + 4);
    if (length > this.#limit) throw new RangeError(`a frame is larger than ${this.#limit} bytes`);
    if (length < PRELUDE_BYTES + headers + CHECKSUM_BYTES) throw broken("a frame is shorter than its headers");
    return length;
  }
}

function readFrame(frame: Buffer): SseEvent {
  const end = frame.length - CHECKSUM_BYTES;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw broken("the checksum of a frame is wrong");
  const from = PRELUDE_BYTES + frame.readUInt32BE(4);
  const headers = readHeaders(frame.subarray(PRELUDE_BYTES, from));
  const data = frame.toString("utf8", from, end);
  const type = headers.get(":message-type");
  if (type === "exception") return { event: `exception:${headers.get(":exception-type") ?? ""}`, data };
  if (type === "error") {
    const message = headers.get(":error-message") ?? "";
    return { event: `error:${headers.get(":error-code") ?? ""}`, data: JSON.stringify({ message }) };
  }
  return { event: headers.get(":event-type") ?? "", data };
}

/** Bytes of a header's value by its type's number; types 6 and 7 tell their own length in two bytes. */
const VALUE_BYTES: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const STRING = 7;

/** The headers that are text; others are passed over. */
function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const take = (count: number): number => {
    if (at + count > bytes.length) throw broken("a header of a frame is cut off");
    at += count;
    return at - count;
  };
  while (at < bytes.length) {
    const nameLength = bytes.readUInt8(take(1));
    const name = take(nameLength);
    const type = bytes.readUInt8(take(1));
    if (type >= VALUE_BYTES.length) throw broken(`a header of a frame is of the unknown type ${type}`);
    const length = VALUE_BYTES[type] ?? bytes.readUInt16BE(take(2));
    const value = take(length);
    if (type === STRING) {
      headers.set(bytes.toString("utf8", name, name + nameLength), bytes.toString("utf8", value, value + length));
    }
  }
  return headers;
}

function broken(what: string): ParlanceError {
  return new ParlanceError("malformed_answer", `The provider's event stream cannot be read: ${what}.`);
}
