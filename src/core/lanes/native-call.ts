import { type Chunk, type Finish, Fold, type Gleaned, Lane, ParlanceError, type Usage } from "../../sdk/index.js";
import type { AnswerValue } from "../answer.js";
import { Frame } from "../frame.js";
import { isContent } from "./content.js";
import type { LaneCall, LaneEvents } from "./lane.js";
import { markChunk } from "./mark-maker.js";

/** Runs a provider that speaks the vocabulary itself. */
export class NativeCall implements LaneCall {
  readonly lane = Lane.TRANSLATED;
  readonly #events: LaneEvents;
  readonly #controller = new AbortController();
  #over = false;
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;
  #usage: Usage | undefined;
  #finish: Finish | undefined;

  constructor(events: LaneEvents) {
    this.#events = events;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Pulls chunks, no faster than the client reads, and passes them on as frames or, folded, as one answer.
   * `provider`: its name, told in what only its maker can read.
   */
  async stream(source: AsyncIterable<Chunk>, asStream: boolean, provider: string): Promise<void> {
    const fold = asStream ? undefined : new Fold();
    let content = false;
    let whole = false;
    try {
      for await (const chunk of source) {
        if (this.#over) return;
        if (whole) throw new ParlanceError("provider_error", "The provider went on after the end of its answer.");
        const { event } = chunk;
        markChunk(chunk, provider);
        if (event.case === "usage") this.#usage = event.value;
        else if (event.case === "finish") this.#finish = event.value.finish;
        whole = event.case === "completionEnd";
        if (fold !== undefined) {
          fold.push(chunk);
          continue;
        }
        content ||= isContent(chunk);
        this.#events.frame(Frame.ofChunks([chunk]), content);
        if (this.#paused !== undefined) await this.#paused;
      }
      if (!whole)
        throw new ParlanceError("stream_truncated", "The provider's stream ended before the answer was whole.");
      if (fold === undefined) this.#end(() => this.#events.end());
      else this.#whole({ kind: "completion", completion: fold.completion() });
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Waits for an answer that is not a completion. */
  async single(answer: Promise<AnswerValue>): Promise<void> {
    try {
      const value = await answer;
      if (value.kind === "embeddings") this.#usage = value.result.usage;
      this.#whole(value);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort();
    this.resume();
  }

  gleaned(): Gleaned {
    return { usage: this.#usage, finish: this.#finish };
  }

  #whole(value: AnswerValue): void {
    this.#end(() => this.#events.whole({ bytes: undefined, contentType: "", value: () => value }));
  }

  #fail(thrown: unknown): void {
    this.#end(() =>
      this.#events.fail(
        ParlanceError.is(thrown)
          ? thrown
          : new ParlanceError("provider_error", "The provider's plugin failed.", { cause: thrown }),
      ),
    );
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    tell();
  }
}
