const LEAST_BYTES = 64 * 1024;
// What is larger leaves with its memory; a copy of what is smaller costs less than new memory for each message.
const MOST_KEPT = 1024 * 1024;
// Up to here a loop is quicker than the call into C++.
const SHORT_TEXT = 32;

/**
 * Writes protobuf's binary form from its end to its beginning: the length of a nested message, which stands before it,
 * is known by the time it is written. So nothing is measured beforehand, and nothing nested is copied into what holds it. Whoever writes
 * must write the last field first.
 *
 * Encoding: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoWriter {
  #scratch = Buffer.allocUnsafeSlow(LEAST_BYTES);
  #at = LEAST_BYTES;

  /** Bytes since `begin`. */
  get size(): number {
    return this.#scratch.length - this.#at;
  }

  begin(): void {
    this.#at = this.#scratch.length;
  }

  /** All that was written since `begin`, in a buffer that is the caller's. */
  finish(): Buffer {
    const { size } = this;
    const written = this.#scratch.subarray(this.#at);
    if (size > MOST_KEPT) {
      this.#scratch = Buffer.allocUnsafeSlow(LEAST_BYTES);
      return written;
    }
    const out = Buffer.allocUnsafe(size);
    written.copy(out);
    return out;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#at -= 1;
    this.#scratch[this.#at] = value;
  }

  /** Any unsigned integer of up to 32 bits. */
  varint(value: number): void {
    this.#reserve(5);
    const scratch = this.#scratch;
    if (value < 0x80) {
      this.#at -= 1;
      scratch[this.#at] = value;
      return;
    }
    let at = this.#at - (value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5);
    this.#at = at;
    let rest = value;
    while (rest > 0x7f) {
      scratch[at] = (rest & 0x7f) | 0x80;
      at += 1;
      rest >>>= 7;
    }
    scratch[at] = rest;
  }

  /** The 64 bits of an integer, signed or not. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= 0xffff_ffffn) {
      this.varint(Number(value));
      return;
    }
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    for (let i = bytes.length - 1; i >= 0; i -= 1) this.byte(bytes[i] as number);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#at -= 4;
    this.#scratch.writeUInt32LE(value, this.#at);
  }

  /** The head of an envelope is the one number that is written with its highest byte first. */
  bigEndian32(value: number): void {
    this.#reserve(4);
    this.#at -= 4;
    this.#scratch.writeUInt32BE(value, this.#at);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#scratch.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#at -= 4;
    this.#scratch.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#scratch.writeDoubleLE(value, this.#at);
  }

  /** Bytes without their length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#scratch.set(bytes, this.#at);
  }

  /** UTF-8 with its length before it. */
  text(value: string): void {
    const { length } = value;
    if (length <= SHORT_TEXT) {
      this.#reserve(SHORT_TEXT);
      const scratch = this.#scratch;
      const start = this.#at - length;
      let i = 0;
      for (; i < length; i += 1) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        scratch[start + i] = code;
      }
      if (i === length) {
        this.#at = start;
        this.varint(length);
        return;
      }
    }
    const size = Buffer.byteLength(value);
    this.#reserve(size);
    this.#at -= size;
    this.#scratch.write(value, this.#at, size, "utf8");
    this.varint(size);
  }

  #reserve(bytes: number): void {
    if (this.#at >= bytes) return;
    const { size } = this;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#scratch.length, LEAST_BYTES + size + bytes));
    const at = grown.length - size;
    this.#scratch.copy(grown, at, this.#at);
    this.#scratch = grown;
    this.#at = at;
  }
}
