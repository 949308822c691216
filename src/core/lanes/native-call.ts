import { setImmediate as afterOthers } from "node:timers/promises";
import {
  type Chunk,
  ChunkOrder,
  type Finish,
  Fold,
  type Gleaned,
  Lane,
  ParlanceError,
  type UpstreamTimeouts,
  type Usage,
} from "../../sdk/index.js";
import type { AnswerValue } from "../answer.js";
import { Frame } from "../frame.js";
import { isContent, lengthOf } from "./content.js";
import type { LaneCall, LaneEvents } from "./lane.js";
import { markChunk } from "./mark-maker.js";

/** Most events of an answer that is not streamed, before its first content and in all. */
const MAX_EMPTY_EVENTS = 10_000;
const MAX_EVENTS = 2_000_000;
/** A plugin that never waits must not keep the gateway from everybody else. */
const EVENTS_AT_ONCE = 256;

/** What a plugin may take longer than its provider may: what keeps the limits itself says better what was late. */
const SLACK_MS = 5000;

/** How long a plugin may be silent, in milliseconds. */
export interface SilenceLimits {
  /** Until its first event, or its whole answer. */
  readonly firstMs: number;
  /** Between two events. */
  readonly idleMs: number;
}

/** The limits of a plugin whose calls of its provider have these. */
export function silenceLimits({ connectMs, firstByteMs, idleMs }: UpstreamTimeouts): SilenceLimits {
  return { firstMs: connectMs + firstByteMs + SLACK_MS, idleMs: idleMs + SLACK_MS };
}

/** Runs a provider that speaks the vocabulary itself. */
export class NativeCall implements LaneCall {
  readonly lane = Lane.TRANSLATED;
  readonly #events: LaneEvents;
  readonly #plugin: string;
  readonly #limits: SilenceLimits;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;
  #last = performance.now();
  #began = false;
  #over = false;
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #received = 0;

  /** `plugin`: its name, told in what fails. */
  constructor(events: LaneEvents, plugin: string, limits: SilenceLimits) {
    this.#events = events;
    this.#plugin = plugin;
    this.#limits = limits;
    this.#timer = this.#lookIn(limits.firstMs);
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
    const order = new ChunkOrder();
    let content = false;
    let whole = false;
    let count = 0;
    try {
      for await (const chunk of source) {
        if (this.#over) return;
        this.#hear();
        const { event } = chunk;
        this.#inOrder(order, event);
        count += 1;
        if (count % EVENTS_AT_ONCE === 0) await afterOthers();
        markChunk(chunk, provider);
        if (event.case === "usage") this.#usage = event.value;
        else if (event.case === "finish") this.#finish = event.value.finish;
        whole = event.case === "completionEnd";
        content ||= isContent(chunk);
        this.#received += lengthOf(chunk);
        if (fold !== undefined) {
          if (count > (content ? MAX_EVENTS : MAX_EMPTY_EVENTS))
            throw this.#broken("its answer goes on without an end");
          fold.push(chunk);
          continue;
        }
        this.#events.frame(Frame.ofChunks([chunk]), content);
        if (this.#paused === undefined) continue;
        await this.#paused;
        this.#last = performance.now();
      }
      if (!whole)
        throw new ParlanceError(
          "stream_unfinished",
          `The stream of the plugin "${this.#plugin}" ended before the answer was whole.`,
        );
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
    clearTimeout(this.#timer);
    this.#controller.abort();
    this.resume();
  }

  received(): number {
    return this.#received;
  }

  gleaned(): Gleaned {
    return { usage: this.#usage, finish: this.#finish };
  }

  #inOrder(order: ChunkOrder, event: Chunk["event"]): void {
    try {
      order.take(event);
    } catch (thrown) {
      throw this.#broken(ParlanceError.from(thrown).message);
    }
  }

  #broken(how: string): ParlanceError {
    return new ParlanceError("malformed_answer", `The plugin "${this.#plugin}" breaks its promises: ${how}`);
  }

  #whole(value: AnswerValue): void {
    this.#end(() => this.#events.whole({ bytes: undefined, contentType: "", value: () => value }));
  }

  #fail(thrown: unknown): void {
    this.#end(() =>
      this.#events.fail(
        ParlanceError.is(thrown)
          ? thrown
          : new ParlanceError("provider_error", `The plugin "${this.#plugin}" failed.`, { cause: thrown }),
      ),
    );
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    tell();
  }

  #hear(): void {
    this.#last = performance.now();
    if (this.#began || this.#over) return;
    this.#began = true;
    clearTimeout(this.#timer);
    this.#timer = this.#lookIn(this.#limits.idleMs);
  }

  #lookIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#lookAtClock(), milliseconds).unref();
  }

  /** One timer for the whole call, however many events it has: it looks whether the plugin was silent for too long. */
  #lookAtClock(): void {
    const limit = this.#began ? this.#limits.idleMs : this.#limits.firstMs;
    const left = this.#paused === undefined ? this.#last + limit - performance.now() : limit;
    if (left > 0) {
      this.#timer = this.#lookIn(left);
      return;
    }
    const [code, what] = this.#began
      ? (["stream_stalled", "go on with"] as const)
      : (["provider_timeout", "begin"] as const);
    this.#fail(
      new ParlanceError(
        code,
        `The plugin "${this.#plugin}" did not ${what} its answer within ${Math.round(limit / 1000)} seconds.`,
      ),
    );
    // It is not waited for: it may never hear this.
    this.#controller.abort();
  }
}
