import type { Chunk } from "../gen/parlance/v1/completion_pb.js";
import type { StreamDecoder, TargetDialect } from "./dialect.js";
import { ParlanceError } from "./errors.js";
import { BodyPieces } from "./read-answer.js";
import type { SseEvent } from "./sse.js";
import { type EventReader, sseFraming } from "./stream-framing.js";
import { unfold } from "./unfold.js";
import { wrongContentType } from "./unreadable.js";

/**
 * Reads one streamed answer of a dialect: its bytes in, cut anywhere, chunks out, never an empty list of them. An answer
 * that came whole, as JSON, is told as a stream.
 */
export class StreamReader {
  readonly #dialect: TargetDialect;
  readonly #send: (chunks: Chunk[]) => void;
  readonly #reader: EventReader;
  readonly #decoder: StreamDecoder;
  #whole = false;
  #body: BodyPieces | undefined;

  constructor(dialect: TargetDialect, send: (chunks: Chunk[]) => void) {
    this.#dialect = dialect;
    this.#send = (chunks) => {
      if (chunks.length === 0) return;
      for (const { event } of chunks) if (event.case === "completionEnd") this.#whole = true;
      send(chunks);
    };
    this.#reader = (dialect.framing ?? sseFraming).reader();
    this.#decoder = dialect.streamDecoder();
  }

  /** True once `completion_end` was sent. What comes after it is left unread. */
  get whole(): boolean {
    return this.#whole;
  }

  /** Throws `wrong_content_type` when the answer is neither a stream nor JSON. */
  head(contentType: string): void {
    const framing = this.#dialect.framing ?? sseFraming;
    if (contentType === "" || contentType.includes(framing.contentType)) return;
    if (!contentType.includes("json")) throw wrongContentType(contentType, framing.title);
    this.#body = new BodyPieces();
  }

  /** Throws a RangeError for an event that is too large, and what the decoder throws. */
  data(bytes: Buffer): void {
    if (this.#body !== undefined) this.#body.push(bytes);
    else if (!this.#whole) this.#read(bytes);
  }

  /** The bytes have ended. Throws `stream_unfinished` when the answer was not whole. */
  end(): void {
    if (this.#body !== undefined) {
      this.#send(unfold(this.#dialect.decodeResponse(this.#body.whole().toString("utf8"))));
      return;
    }
    if (!this.#whole) this.#readRest();
    if (this.#whole) return;
    this.#finish();
    if (!this.#whole)
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
  }

  /** The connection failed. True when all that matters had come, so that `end` may be called all the same. */
  cut(): boolean {
    if (this.#whole) return true;
    try {
      this.#finish();
      return true;
    } catch {
      return false;
    }
  }

  /** Half an event at the end is no more malformed than the stream: it is not whole. */
  #readRest(): void {
    try {
      this.#read(undefined);
    } catch (thrown) {
      if (!ParlanceError.is(thrown) || thrown.code !== "malformed_answer") throw thrown;
      throw new ParlanceError("stream_unfinished", "The provider's stream ended in the middle of an event.", {
        cause: thrown,
      });
    }
  }

  #finish(): void {
    const out: Chunk[] = [];
    this.#decoder.end(out);
    this.#send(out);
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
}
