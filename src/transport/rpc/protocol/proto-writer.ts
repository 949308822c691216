// As much as a stream's own buffer holds before it asks to wait: a message that waits keeps its whole slab.
const SLAB_BYTES = 16 * 1024;
// With less room than this left, most messages would have to move.
const LEAST_ROOM = 1024;
// Up to here a loop is quicker than the call into C++.
const SHORT_TEXT = 32;
const EMPTY = Buffer.alloc(0);

/**
 * Writes protobuf's binary form from its end to its beginning: the length of a nested message, which stands before it,
 * is known by the time it is written. So nothing is measured beforehand, and nothing moves afterwards. Whoever writes
 * must write the last field first.
 *
 * Encoding: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoWriter {
  #slab = EMPTY;
  #at = 0;
  #end = 0;

  /** Bytes since `begin`. */
  get size(): number {
    return this.#end - this.#at;
  }

  begin(): void {
    if (this.#at < LEAST_ROOM) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#at = SLAB_BYTES;
    }
    this.#end = this.#at;
  }

  /** All that was written since `begin`: a view that nobody writes to again. */
  finish(): Buffer {
    return this.#slab.subarray(this.#at, this.#end);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#at -= 1;
    this.#slab[this.#at] = value;
  }

  /** Any unsigned integer of up to 32 bits. */
  varint(value: number): void {
    this.#reserve(5);
    const slab = this.#slab;
    if (value < 0x80) {
      this.#at -= 1;
      slab[this.#at] = value;
      return;
    }
    let at = this.#at - (value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5);
    this.#at = at;
    let rest = value;
    while (rest > 0x7f) {
      slab[at] = (rest & 0x7f) | 0x80;
      at += 1;
      rest >>>= 7;
    }
    slab[at] = rest;
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
    this.#slab.writeUInt32LE(value, this.#at);
  }

  /** The head of an envelope is the one number that is written with its highest byte first. */
  bigEndian32(value: number): void {
    this.#reserve(4);
    this.#at -= 4;
    this.#slab.writeUInt32BE(value, this.#at);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#slab.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#at -= 4;
    this.#slab.writeFloatLE(value, this.#at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#slab.writeDoubleLE(value, this.#at);
  }

  /** Bytes without their length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#slab.set(bytes, this.#at);
  }

  /** UTF-8 with its length before it. */
  text(value: string): void {
    const { length } = value;
    if (length <= SHORT_TEXT) {
      this.#reserve(SHORT_TEXT);
      const slab = this.#slab;
      const start = this.#at - length;
      let i = 0;
      for (; i < length; i += 1) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        slab[start + i] = code;
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
    this.#slab.write(value, this.#at, size, "utf8");
    this.varint(size);
  }

  #reserve(bytes: number): void {
    if (this.#at >= bytes) return;
    const { size } = this;
    const grown = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (size + bytes)));
    const at = grown.length - size;
    this.#slab.copy(grown, at, this.#at, this.#end);
    this.#slab = grown;
    this.#at = at;
    this.#end = grown.length;
  }
}
