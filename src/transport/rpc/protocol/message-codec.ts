import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
  type MessageShape,
} from "@bufbuild/protobuf";
import { ParlanceError } from "../../../sdk/index.js";

/** One of the two spellings of a message. */
export interface MessageCodec {
  /** Throws `invalid_request` when the bytes are no such message. */
  decode<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageShape<D>;
  encode(desc: DescMessage, message: Message): Uint8Array;
}

/** Protobuf's binary form. */
export const protoCodec: MessageCodec = {
  decode(desc, bytes) {
    try {
      return fromBinary(desc, bytes);
    } catch (thrown) {
      throw unreadable("is not a message", thrown);
    }
  },
  encode: (desc, message) => toBinary(desc, message),
};

// As Connect does it by default: a client may be newer than its server.
const JSON_OPTIONS = { ignoreUnknownFields: true };

/** Protobuf's JSON form (https://protobuf.dev/programming-guides/json/). */
export const jsonCodec: MessageCodec = {
  decode(desc, bytes) {
    try {
      return fromJsonString(desc, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(), JSON_OPTIONS);
    } catch (thrown) {
      throw unreadable("is not the JSON of a message", thrown);
    }
  },
  encode: (desc, message) => Buffer.from(toJsonString(desc, message)),
};

function unreadable(what: string, thrown: unknown): ParlanceError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new ParlanceError("invalid_request", `The request ${what}: ${why}.`, { cause: thrown });
}
