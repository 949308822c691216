import {
  BodyPieces,
  type ChatDialect,
  type Chunk,
  type Gleaned,
  ParlanceError,
  type Passage,
  readSse,
  SseSplitter,
  type StreamDecoder,
  unfold,
  wrongContentType,
} from "../../sdk/index.js";
import type { AnswerValue } from "../answer.js";
import { Frame } from "../frame.js";
import type { LaneEvents } from "./lane.js";
import type { BodyReader } from "./wire-call.js";

/** Passes a stream on as it came: whole events, read in passing for content, usage and the finish. */
export class VerbatimStream implements BodyReader {
  readonly #dialect: ChatDialect;
  readonly #events: LaneEvents;
  readonly #splitter = new SseSplitter();
  readonly passage: Passage;
  #decoder: StreamDecoder | undefined;
  // A provider that ignores `stream` answers with one JSON body.
  #body: BodyPieces | undefined;
  #contentType = "";
  readonly #exact: boolean;
  #gleaned: Gleaned | undefined;
  readonly #decode = (bytes: Buffer): readonly Chunk[] => {
    this.#decoder ??= this.#dialect.streamDecoder();
    const decoder = this.#decoder;
    const out: Chunk[] = [];
    readSse(bytes, (event) => decoder.decode(event, out));
    return out;
  };

  /** `exact`: a body that comes in place of a stream is passed on as one. */
  constructor(dialect: ChatDialect, withholdUsage: boolean, events: LaneEvents, exact: boolean) {
    this.#dialect = dialect;
    this.#exact = exact;
    this.#events = events;
    this.passage = dialect.passage(withholdUsage);
  }

  /** Usage and finish as far as they have come. */
  get gleaned(): Gleaned {
    return this.#gleaned ?? this.passage;
  }

  head(contentType: string): void {
    this.#contentType = contentType;
    if (contentType.includes("json")) this.#body = new BodyPieces();
    else if (contentType !== "" && !contentType.includes("event-stream")) {
      throw wrongContentType(contentType, "an event stream");
    }
  }

  data(bytes: Buffer): void {
    if (this.#body !== undefined) {
      this.#body.push(bytes);
      return;
    }
    const seam = this.#splitter.seam(bytes);
    if (seam > 0) this.#push(bytes.subarray(0, seam));
    this.#push(seam > 0 ? bytes.subarray(seam) : bytes);
  }

  #push(bytes: Buffer): void {
    const whole = this.#splitter.push(bytes);
    if (whole !== undefined) this.#pass(whole);
  }

  end(): void {
    if (this.#body !== undefined && this.#exact) {
      this.#passBody(this.#body.whole());
      return;
    }
    if (this.#body !== undefined) {
      this.#events.frame(
        Frame.ofChunks(unfold(this.#dialect.decodeResponse(this.#body.whole().toString("utf8")))),
        true,
      );
      this.#events.end();
      return;
    }
    const rest = this.#splitter.flush();
    if (rest !== undefined) this.#passRest(rest);
    if (!this.passage.finished) {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
    }
    this.#events.end();
  }

  cut(): boolean {
    return this.passage.finished;
  }

  #passBody(bytes: Buffer): void {
    this.#gleaned = this.#dialect.glean(bytes);
    const value = (): AnswerValue => ({
      kind: "completion",
      completion: this.#dialect.decodeResponse(bytes.toString("utf8")),
    });
    this.#events.whole({ bytes, contentType: this.#contentType, value });
  }

  #pass(whole: Buffer): void {
    const out = this.passage.push(whole);
    if (out.length > 0) this.#events.frame(Frame.ofBytes(out, this.#decode), this.passage.content);
    if (this.passage.error !== undefined) throw this.passage.error;
  }

  /** Several providers leave out the last blank line; half an event, though, must not reach the client. */
  #passRest(rest: Buffer): void {
    try {
      readSse(rest, ({ data }) => {
        if (data !== "[DONE]") JSON.parse(data);
      });
    } catch {
      return;
    }
    this.#pass(Buffer.concat([rest, Buffer.from("\n\n")]));
  }
}
