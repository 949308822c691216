import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amazonFrames, amazonMessage } from "../../test/kits/amazon-frames.js";
import { awsEventStreamFraming } from "./aws-event-stream.js";
import type { SseEvent } from "./sse.js";

function read(pieces: readonly Buffer[]): SseEvent[] {
  const events: SseEvent[] = [];
  const reader = awsEventStreamFraming.reader();
  for (const piece of pieces) reader.push(piece, (event) => events.push(event));
  reader.end((event) => events.push(event));
  return events;
}

const frame = (name: string, payload: unknown, exception = false) => ({ name, payload, exception });

describe("Amazon's event streams", () => {
  it("are events by their type, with their payload as text", () => {
    expect(read([amazonFrames([frame("messageStart", { role: "assistant" }), frame("metadata", { ü: "é" })])])).toEqual(
      [
        { event: "messageStart", data: '{"role":"assistant"}' },
        { event: "metadata", data: '{"ü":"é"}' },
      ],
    );
  });

  it("trap 91: are the same in any pieces, several frames in one and one frame in many", () => {
    const frames = fc.array(
      fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ unit: "grapheme", maxLength: 300 })),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 12 }), (list, sizes) => {
        const bytes = amazonFrames(list.map(([name, payload]) => frame(name, payload)));
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(read(pieces)).toEqual(list.map(([event, data]) => ({ event, data })));
        expect(read([Buffer.alloc(0), bytes])).toEqual(read(pieces));
      }),
    );
  });

  it("trap 91: tell exceptions and errors by names that no event has", () => {
    const exception = amazonFrames([frame("throttlingException", { message: "slow" }, true)]);
    const error = amazonMessage({ ":message-type": "error", ":error-code": "500", ":error-message": "broken" }, "");
    expect(read([Buffer.concat([exception, error])])).toEqual([
      { event: "exception:throttlingException", data: '{"message":"slow"}' },
      { event: "error:500", data: '{"message":"broken"}' },
    ]);
  });

  it("pass over headers that are no text", () => {
    // A header of each other type: true, false, byte, short, integer, long, bytes, timestamp, uuid.
    const header = (type: number, value: string) =>
      Buffer.concat([Buffer.from([1, 97, type]), Buffer.from(value, "hex")]);
    const others = ["", "", "01", "0102", "01020304", "0102030405060708", "00020102"].map((value, type) =>
      header(type, value),
    );
    const event = Buffer.concat([
      Buffer.from([11]),
      Buffer.from(":event-type"),
      Buffer.from([7, 0, 1]),
      Buffer.from("e"),
    ]);
    const headers = Buffer.concat([...others, header(8, "0102030405060708"), header(9, "00".repeat(16)), event]);
    expect(read([checksummed(headers, Buffer.from("{}"))])).toEqual([{ event: "e", data: "{}" }]);
    expect(() => read([checksummed(header(12, "00"), Buffer.alloc(0))])).toThrow("unknown type 12");
    expect(() => read([checksummed(Buffer.from([9, 97]), Buffer.alloc(0))])).toThrow("cut off");
  });

  it("refuse a bit that was bent, wherever it is", () => {
    const bytes = amazonFrames([frame("e", { a: 1 })]);
    for (let at = 0; at < bytes.length; at += 1) {
      const bent = Buffer.from(bytes);
      bent.writeUInt8(bent.readUInt8(at) ^ 0x10, at);
      expect(() => read([bent]), `byte ${at}`).toThrow("checksum");
    }
  });

  it("refuse a frame that is too large to be one, before it has come", () => {
    const prelude = checksummed(Buffer.alloc(0), Buffer.alloc(0)).subarray(0, 12);
    prelude.writeUInt32BE(17 * 1024 * 1024, 0);
    prelude.writeUInt32BE(crc(prelude.subarray(0, 8)), 8);
    expect(() => read([prelude])).toThrow(RangeError);
    prelude.writeUInt32BE(14, 0);
    prelude.writeUInt32BE(crc(prelude.subarray(0, 8)), 8);
    expect(() => read([prelude])).toThrow("shorter than its headers");
  });

  it("tell nothing of a frame that is not whole at the end", () => {
    const bytes = amazonFrames([frame("a", {}), frame("b", {})]);
    expect(read([bytes.subarray(0, -1)])).toEqual([{ event: "a", data: "{}" }]);
  });
});

/** The checksum as its definition has it, bit by bit: https://www.rfc-editor.org/rfc/rfc1952#section-8 */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

function checksummed(headers: Buffer, payload: Buffer): Buffer {
  const frame = Buffer.alloc(16 + headers.length + payload.length);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc(frame.subarray(0, 8)), 8);
  headers.copy(frame, 12);
  payload.copy(frame, 12 + headers.length);
  frame.writeUInt32BE(crc(frame.subarray(0, frame.length - 4)), frame.length - 4);
  return frame;
}
