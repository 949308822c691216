import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import { Frame } from "../core/frame.js";
import type { Chunk, ParlanceError } from "../sdk/index.js";
import { SaidSoFar } from "./said-so-far.js";
import type { Seam } from "./seam.js";

/** Most of an answer that is kept so that another target could go on with it, in bytes and in frames. */
const MOST_KEPT_BYTES = 8 * 1024 * 1024;
const MOST_KEPT_FRAMES = 100_000;

/**
 * Stands before the client's sink and keeps what goes out, undecoded: only a cut has it read. From then on it takes the
 * chunks of the target that goes on, and gives the client the rest of one answer.
 */
export class SeamSink implements AnswerSink {
  opened = false;
  readonly #client: AnswerSink;
  readonly #onFrame: ((frame: Frame) => void) | undefined;
  readonly #whenOpened: () => void;
  #kept: Frame[] | undefined = [];
  #bytes = 0;
  #said: SaidSoFar | undefined;
  #seam: Seam | undefined;

  /** `whenOpened`: an attempt has its first content. */
  constructor(client: AnswerSink, onFrame: ((frame: Frame) => void) | undefined, whenOpened: () => void) {
    this.#client = client;
    this.#onFrame = onFrame;
    this.#whenOpened = whenOpened;
  }

  get source(): FrameSource | undefined {
    return this.#client.source;
  }

  set source(source: FrameSource | undefined) {
    this.#client.source = source;
  }

  whole(answer: WholeAnswer): void {
    this.#client.whole(answer);
  }

  open(): void {
    this.#whenOpened();
    if (this.opened) return;
    this.opened = true;
    this.#client.open();
  }

  frame(frame: Frame): boolean {
    if (this.#seam === undefined) {
      this.#keep(frame);
      this.#onFrame?.(frame);
      return this.#client.frame(frame);
    }
    const chunks = this.#seam.take(frame.chunks);
    if (chunks.length === 0) return true;
    this.#said?.add(chunks);
    const rest = Frame.ofChunks(chunks);
    this.#onFrame?.(rest);
    return this.#client.frame(rest);
  }

  close(): void {
    this.#client.close();
  }

  fail(error: ParlanceError): void {
    this.#client.fail(error);
  }

  /** What the client has, where another target can go on with it. */
  said(): SaidSoFar | undefined {
    this.#said ??= this.#read();
    return this.#said?.continuable === true ? this.#said : undefined;
  }

  /** The next attempt goes on behind the seam. */
  goOn(seam: Seam): void {
    this.#seam = seam;
    this.#kept = undefined;
  }

  #keep(frame: Frame): void {
    if (this.#kept === undefined) return;
    this.#kept.push(frame);
    this.#bytes += frame.bytes?.length ?? 0;
    if (this.#bytes > MOST_KEPT_BYTES || this.#kept.length > MOST_KEPT_FRAMES) this.#kept = undefined;
  }

  #read(): SaidSoFar | undefined {
    const frames = this.#kept;
    if (frames === undefined) return undefined;
    const said = new SaidSoFar();
    try {
      const chunks = frames.flatMap((frame): readonly Chunk[] => frame.chunks);
      said.add(chunks);
      if (said.continuable && frames.some(({ bytes }) => bytes !== undefined)) this.#client.follow?.(chunks);
      return said;
    } catch {
      // What cannot be read cannot be gone on with.
      this.#kept = undefined;
      return undefined;
    }
  }
}
