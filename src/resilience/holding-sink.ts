import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import type { Frame } from "../core/frame.js";
import { type Completion, type Cost, fold, type ParlanceError } from "../sdk/index.js";

/** Most of an answer that is held back, in bytes: a larger one is good enough. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;
/** What an event takes beside its text. */
const BYTES_OF_AN_EVENT = 200;

/** Holds an attempt's answer back until it is known whether the client is to have it. */
export class HoldingSink implements AnswerSink {
  /** Set once the answer goes to the client, so that no other can. */
  passed = false;
  /** Set where it went because it was larger than what can be held. */
  overflowed = false;
  readonly #client: AnswerSink;
  readonly #onFrame: ((frame: Frame) => void) | undefined;
  readonly #holds: () => boolean;
  readonly #limit: number;
  #frames: Frame[] = [];
  #bytes = 0;
  #whole: WholeAnswer | undefined;

  /** `holds`: asked as an answer begins, whether it is one to be held. */
  constructor(
    client: AnswerSink,
    onFrame: ((frame: Frame) => void) | undefined,
    holds: () => boolean,
    limit = MOST_HELD_BYTES,
  ) {
    this.#client = client;
    this.#onFrame = onFrame;
    this.#holds = holds;
    this.#limit = limit;
  }

  get source(): FrameSource | undefined {
    return this.#client.source;
  }

  set source(source: FrameSource | undefined) {
    this.#client.source = source;
  }

  whole(answer: WholeAnswer): void {
    if (this.#holds()) this.#whole = answer;
    else {
      this.passed = true;
      this.#client.whole(answer);
    }
  }

  open(): void {
    if (!this.#holds()) this.#pass();
  }

  frame(frame: Frame): boolean {
    if (this.passed) return this.#send(frame);
    this.#frames.push(frame);
    this.#bytes += sizeOf(frame);
    if (this.#bytes <= this.#limit) return true;
    this.overflowed = true;
    return this.#pass();
  }

  close(): void {
    if (this.passed) this.#client.close();
  }

  fail(error: ParlanceError): void {
    this.#client.fail(error);
  }

  /** The answer that is held, in the vocabulary. */
  completion(): Completion {
    if (this.#whole === undefined) return fold(this.#frames.flatMap(({ chunks }) => chunks));
    const value = this.#whole.value();
    if (value.kind !== "completion") throw new Error(`a cascade was answered with ${value.kind}`);
    return value.completion;
  }

  /** Lets the client have what is held, which is all of an answer. `cost`: what the exchange cost up to now. */
  give(cost: Cost | undefined): void {
    this.#tellCost(cost);
    if (this.#whole !== undefined) {
      this.passed = true;
      this.#client.whole(this.#whole);
      return;
    }
    this.#pass();
    this.#client.close();
  }

  /** Where the gateway writes the answer it tells the cost in it. */
  #tellCost(cost: Cost | undefined): void {
    if (this.#whole?.bytes === undefined && this.#whole !== undefined) {
      const value = this.#whole.value();
      if (value.kind === "completion") value.completion.cost = cost;
    }
    const last = this.#frames[this.#frames.length - 1];
    const event = last?.bytes === undefined ? last?.chunks[last.chunks.length - 1]?.event : undefined;
    if (event?.case === "completionEnd") event.value.cost = cost;
  }

  #pass(): boolean {
    this.passed = true;
    this.#client.open();
    const frames = this.#frames;
    this.#frames = [];
    let ready = true;
    for (const frame of frames) ready = this.#send(frame);
    return ready;
  }

  #send(frame: Frame): boolean {
    this.#onFrame?.(frame);
    return this.#client.frame(frame);
  }
}

/** Bytes that a frame holds, roughly where they are an object's. */
function sizeOf(frame: Frame): number {
  // Not asked for its chunks where it has bytes: they would be decoded.
  if (frame.bytes !== undefined) return frame.bytes.length;
  let size = 0;
  for (const { event } of frame.chunks) {
    size += BYTES_OF_AN_EVENT;
    if (event.case === "textDelta" || event.case === "reasoningDelta") size += event.value.text.length * 2;
    else if (event.case === "toolCallDelta") size += event.value.arguments.length * 2;
    else if (event.case === "audioDelta") size += event.value.data.length;
  }
  return size;
}
