import type { CompleteResponse } from "../../gen/parlance/provider/v1/provider_service_pb.js";
import { type Chunk, ParlanceError } from "../../sdk/index.js";
import type { CallEvents } from "./connection.js";

/** Chunks that wait for their reader before the plugin is asked to wait. */
const MOST_WAITING = 32;

/** What a stream of chunks is read with. */
export interface ChunkStreamOptions {
  readonly call: CallEvents;
  readonly signal: AbortSignal;
  /** Most milliseconds until the first chunk, and between two. */
  readonly firstMs: number;
  readonly idleMs: number;
  /** Something has come. */
  readonly heard: () => void;
  /** What is told of a failure of the call; `began`: whether a chunk has come before it. */
  readonly toError: (thrown: Error, began: boolean) => Error;
  /** The plugin's name. */
  readonly plugin: string;
}

/**
 * The chunks of one call. Written by hand, since it is passed once for every token: no promise for what is there already
 * but the one that the loop over it needs.
 */
export class ChunkStream implements AsyncIterator<Chunk> {
  readonly #options: ChunkStreamOptions;
  readonly #queue: Chunk[] = [];
  #timer: NodeJS.Timeout;
  #began = false;
  #last = performance.now();
  #over = false;
  #error: Error | undefined;
  #waiting: { resolve(result: IteratorResult<Chunk>): void; reject(error: unknown): void } | undefined;

  constructor(options: ChunkStreamOptions) {
    this.#options = options;
    const { call, signal, plugin } = options;
    this.#timer = this.#lookIn(options.firstMs);
    call.on("data", (message) => {
      const { chunk } = message as CompleteResponse;
      options.heard();
      this.#last = performance.now();
      if (!this.#began) {
        this.#began = true;
        clearTimeout(this.#timer);
        if (!this.#over) this.#timer = this.#lookIn(options.idleMs);
      }
      if (chunk === undefined) {
        return this.#cut(
          new ParlanceError("malformed_answer", `The plugin "${plugin}" sent an event without a chunk.`),
        );
      }
      this.#push(chunk);
    });
    call.on("error", (error) => this.#end(options.toError(error, this.#began)));
    call.on("end", () => this.#end(undefined));
    signal.addEventListener("abort", this.#cancel, { once: true });
    if (signal.aborted) this.#cancel();
  }

  next(): Promise<IteratorResult<Chunk>> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      const { call } = this.#options;
      if (this.#queue.length === 0 && call.isPaused()) {
        this.#last = performance.now();
        call.resume();
      }
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  return(): Promise<IteratorResult<Chunk>> {
    this.#cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  #push(chunk: Chunk): void {
    if (this.#over) return;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      return;
    }
    this.#queue.push(chunk);
    if (this.#queue.length >= MOST_WAITING) this.#options.call.pause();
  }

  #lookIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#lookAtClock(), milliseconds).unref();
  }

  /** One timer for the whole stream: it looks whether the plugin has been silent for too long, while it was waited for. */
  #lookAtClock(): void {
    const { firstMs, idleMs, plugin, call } = this.#options;
    const limit = this.#began ? idleMs : firstMs;
    const left = call.isPaused() ? limit : this.#last + limit - performance.now();
    if (left > 0) {
      this.#timer = this.#lookIn(left);
      return;
    }
    const [code, what] = this.#began
      ? (["stream_stalled", "go on with"] as const)
      : (["provider_timeout", "begin"] as const);
    this.#cut(
      new ParlanceError(
        code,
        `The plugin "${plugin}" did not ${what} its answer within ${Math.round(limit / 1000)} seconds.`,
      ),
    );
  }

  readonly #cancel = (): void => this.#cut(new ParlanceError("cancelled", "The call was cancelled."));

  #cut(error: ParlanceError): void {
    if (this.#over) return;
    // The first to tell how it ended is right, and a cancelled call tells that it was.
    this.#end(error);
    this.#options.call.cancel();
  }

  #end(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener("abort", this.#cancel);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(error);
  }
}
