import {
  type Chunk,
  type EventReader,
  type Finish,
  ParlanceError,
  type SseEvent,
  sseFraming,
  type StreamDecoder,
  type TargetDialect,
  unfold,
  type Usage,
} from "../../sdk/index.js";
import { Frame } from "../frame.js";
import { isContent } from "./content.js";
import type { LaneEvents } from "./lane.js";
import { markChunks } from "./mark-maker.js";
import { type BodyReader, wrongContentType } from "./wire-call.js";

/** Decodes a stream of the target's dialect into chunks. */
export class TranslatedStream implements BodyReader {
  readonly #dialect: TargetDialect;
  readonly #events: LaneEvents;
  readonly #provider: string;
  readonly #reader: EventReader;
  readonly #decoder: StreamDecoder;
  #content = false;
  #whole = false;
  #body: Buffer[] | undefined;
  usage: Usage | undefined;
  finish: Finish | undefined;

  /** `provider`: its name, told in what only its maker can read. */
  constructor(dialect: TargetDialect, events: LaneEvents, provider: string) {
    this.#provider = provider;
    this.#dialect = dialect;
    this.#events = events;
    this.#reader = (dialect.framing ?? sseFraming).reader();
    this.#decoder = dialect.streamDecoder();
  }

  head(contentType: string): void {
    const framing = this.#dialect.framing ?? sseFraming;
    if (contentType === "" || contentType.includes(framing.contentType)) return;
    if (!contentType.includes("json")) throw wrongContentType(contentType, framing.title);
    this.#body = [];
  }

  data(bytes: Buffer): void {
    if (this.#body !== undefined) {
      this.#body.push(bytes);
      return;
    }
    // After the answer is whole there is nothing left that may be sent.
    if (!this.#whole) this.#read(bytes);
  }

  end(): void {
    if (this.#body !== undefined) {
      this.#send(unfold(this.#dialect.decodeResponse(Buffer.concat(this.#body).toString("utf8"))));
      return;
    }
    if (!this.#whole) this.#read(undefined);
    if (this.#whole) return;
    const out: Chunk[] = [];
    this.#decoder.end(out);
    this.#send(out);
    if (!this.#whole)
      throw new ParlanceError("stream_truncated", "The provider's stream ended before the answer was whole.");
  }

  cut(): boolean {
    if (this.#whole) return true;
    try {
      // The decoder knows whether all that matters has come.
      const out: Chunk[] = [];
      this.#decoder.end(out);
      this.#send(out);
      return true;
    } catch {
      return false;
    }
  }

  /** Reads what the bytes complete, or, without any, what is left at their end. */
  #read(bytes: Buffer | undefined): void {
    const out: Chunk[] = [];
    const each = (event: SseEvent): void => this.#decoder.decode(event, out);
    try {
      if (bytes === undefined) this.#reader.end(each);
      else this.#reader.push(bytes, each);
    } finally {
      // What came before a malformed event is still the answer's.
      this.#send(out);
    }
  }

  #send(out: Chunk[]): void {
    if (out.length === 0) return;
    markChunks(out, this.#provider);
    for (const chunk of out) {
      const { event } = chunk;
      if (event.case === "usage") this.usage = event.value;
      else if (event.case === "finish") this.finish = event.value.finish;
      else if (event.case === "completionEnd") this.#whole = true;
      else if (!this.#content && isContent(chunk)) this.#content = true;
    }
    this.#events.frame(Frame.ofChunks(out), this.#content);
    if (this.#whole) this.#events.end();
  }
}
