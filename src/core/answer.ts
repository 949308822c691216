import type { Chunk, Completion, EmbeddingResult, ParlanceError } from "../sdk/index.js";
import type { Frame } from "./frame.js";

/** What a whole answer holds. */
export type AnswerValue =
  | { readonly kind: "completion"; readonly completion: Completion }
  | { readonly kind: "embeddings"; readonly result: EmbeddingResult }
  | { readonly kind: "token_count"; readonly inputTokens: number; readonly estimated: boolean };

/** An answer that is not streamed. */
export interface WholeAnswer {
  /** The body for a client of the target's own dialect, as it came; undefined in the translated lane. */
  readonly bytes: Buffer | undefined;
  /** Media type of `bytes`. */
  readonly contentType: string;
  /** The answer in the vocabulary; decodes on first use. */
  value(): AnswerValue;
}

/** Where frames come from: the attempt that runs. An object, as a function made for each would outlive its exchange. */
export interface FrameSource {
  /** The client has read what was written: go on. */
  resume(): void;
}

/** Where an answer goes: the client's side of an exchange, made by a door. Exactly one of `whole`, `close` and `fail` ends it. */
export interface AnswerSink {
  whole(answer: WholeAnswer): void;
  /** The stream is committed: the head goes out. */
  open(): void;
  /** False asks the caller to wait for `source.resume` before the next frame. */
  frame(frame: Frame): boolean;
  /**
   * What has gone out as bytes, in the vocabulary, before the stream goes on in chunks alone: so that they are written as
   * the rest of the same answer. Absent where frames go out as chunks in any case.
   */
  follow?(chunks: readonly Chunk[]): void;
  /** Set by the attempt loop for as long as an attempt runs. */
  source: FrameSource | undefined;
  /** The stream ended as it should. */
  close(): void;
  /** Before `open` an error answer, after it an error event that ends the stream. */
  fail(error: ParlanceError): void;
}
