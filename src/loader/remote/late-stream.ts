import type { Chunk } from "../../sdk/index.js";
import type { ChunkStream } from "./chunk-stream.js";

/** Takes the stream that was begun, and gives its first chunk. */
export type Begin = (stream: ChunkStream) => Promise<IteratorResult<Chunk>>;

/** The chunks of a stream that is begun when its first one is asked for. */
export class LateStream implements AsyncIterableIterator<Chunk> {
  readonly #open: (begin: Begin) => Promise<IteratorResult<Chunk>>;
  #stream: ChunkStream | undefined;

  /** `open` makes the stream, another one where the first was refused before anything came, and hands it to `begin`. */
  constructor(open: (begin: Begin) => Promise<IteratorResult<Chunk>>) {
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Chunk>> {
    if (this.#stream !== undefined) return this.#stream.next();
    return this.#open((stream) => {
      this.#stream = stream;
      return stream.next();
    });
  }

  async return(): Promise<IteratorResult<Chunk>> {
    await this.#stream?.return();
    return { done: true, value: undefined };
  }
}
