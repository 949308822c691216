import type { AnswerSink, WholeAnswer } from "../../core/answer.js";
import type { Frame } from "../../core/frame.js";
import { type Chunk, type ParlanceError, unfold } from "../../sdk/index.js";

// Enough that a fast provider and a fast client do not wait for each other's turn, and little to hold for a slow one.
const HIGH_WATER = 64;

/** Hands the chunks of a stream to an RPC handler, which pulls them as fast as its client reads. */
export class StreamSink implements AnswerSink, AsyncIterable<Chunk> {
  onDrain: (() => void) | undefined;
  #queue: Chunk[] = [];
  #at = 0;
  #over = false;
  #error: ParlanceError | undefined;
  #wake: (() => void) | undefined;

  whole(answer: WholeAnswer): void {
    const value = answer.value();
    if (value.kind !== "completion") throw new Error(`a chat was answered with ${value.kind}`);
    this.#queue.push(...unfold(value.completion));
    this.close();
  }

  open(): void {
    // The head of an RPC stream goes out with its first message.
  }

  frame(frame: Frame): boolean {
    for (const chunk of frame.chunks) this.#queue.push(chunk);
    this.#wake?.();
    return this.#queue.length - this.#at < HIGH_WATER;
  }

  close(): void {
    this.#over = true;
    this.#wake?.();
  }

  fail(error: ParlanceError): void {
    this.#error = error;
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Chunk> {
    for (;;) {
      while (this.#at < this.#queue.length) {
        const chunk = this.#queue[this.#at] as Chunk;
        this.#at += 1;
        yield chunk;
      }
      this.#queue = [];
      this.#at = 0;
      if (this.#over) {
        if (this.#error !== undefined) throw this.#error;
        return;
      }
      this.onDrain?.();
      if (this.#queue.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
