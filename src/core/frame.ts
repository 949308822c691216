import type { Chunk } from "../sdk/index.js";

/**
 * What flows through the house: wire bytes with a lazy decode. A stage that needs content pays for the decode, the
 * others do not. Frames of one stream must be asked for their chunks in order, all of them or none.
 */
export class Frame {
  /** Bytes that go to a client of the same dialect as they are; undefined where there are only chunks. */
  readonly bytes: Buffer | undefined;
  #chunks: readonly Chunk[] | undefined;
  readonly #decode: ((bytes: Buffer) => readonly Chunk[]) | undefined;

  private constructor(
    bytes: Buffer | undefined,
    chunks: readonly Chunk[] | undefined,
    decode: ((bytes: Buffer) => readonly Chunk[]) | undefined,
  ) {
    this.bytes = bytes;
    this.#chunks = chunks;
    this.#decode = decode;
  }

  /** A frame that passes verbatim. */
  static ofBytes(bytes: Buffer, decode: (bytes: Buffer) => readonly Chunk[]): Frame {
    return new Frame(bytes, undefined, decode);
  }

  /** A frame that was decoded, or never was bytes. */
  static ofChunks(chunks: readonly Chunk[]): Frame {
    return new Frame(undefined, chunks, undefined);
  }

  get chunks(): readonly Chunk[] {
    this.#chunks ??= this.#decode?.(this.bytes as Buffer) ?? [];
    return this.#chunks;
  }
}
