import { type DescMessage, fromBinary, fromJsonString, type Message, type MessageShape } from "@bufbuild/protobuf";
import { ParlanceError } from "../../../sdk/index.js";
import { writeMessage } from "./encode-message.js";
import { sealTexts } from "./envelope.js";
import { messageToJson } from "./message-to-json.js";
import { ProtoWriter } from "./proto-writer.js";

/** One of the two spellings of a message. */
export interface MessageCodec {
  /** Throws `invalid_request` when the bytes are no such message. */
  decode<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageShape<D>;
  encode(desc: DescMessage, message: Message): Buffer;
  /** Messages in their envelopes, in one buffer. */
  seal(desc: DescMessage, messages: readonly Message[]): Buffer;
}

const writer = new ProtoWriter();

/** Protobuf's binary form. */
export const protoCodec: MessageCodec = {
  decode(desc, bytes) {
    try {
      return fromBinary(desc, bytes);
    } catch (thrown) {
      throw unreadable("is not a message", thrown);
    }
  },
  encode(desc, message) {
    writer.begin();
    writeMessage(writer, desc, message);
    return writer.finish();
  },
  seal(desc, messages) {
    writer.begin();
    for (let i = messages.length - 1; i >= 0; i -= 1) {
      const start = writer.size;
      writeMessage(writer, desc, messages[i] as Message);
      writer.bigEndian32(writer.size - start);
      writer.byte(0);
    }
    return writer.finish();
  },
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
  encode: (desc, message) => Buffer.from(JSON.stringify(messageToJson(desc, message))),
  seal: (desc, messages) => sealTexts(messages.map((message) => JSON.stringify(messageToJson(desc, message)))),
};

function unreadable(what: string, thrown: unknown): ParlanceError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new ParlanceError("invalid_request", `The request ${what}: ${why}.`, { cause: thrown });
}
