import { BodyPieces, type Gleaned, refuseContentType } from "../../sdk/index.js";
import type { WholeAnswer } from "../answer.js";
import type { LaneEvents } from "./lane.js";
import type { BodyReader } from "./wire-call.js";

/** Makes an answer of a body, or throws when it is none. */
export type ReadWhole = (body: Buffer, contentType: string) => { answer: WholeAnswer; gleaned: Gleaned };

/** Collects an answer that is not streamed. */
export class WholeReader implements BodyReader {
  readonly #read: ReadWhole;
  readonly #events: LaneEvents;
  readonly #pieces: BodyPieces;
  #contentType = "";
  gleaned: Gleaned = { usage: undefined, finish: undefined };

  constructor(read: ReadWhole, events: LaneEvents, limit: number) {
    this.#read = read;
    this.#events = events;
    this.#pieces = new BodyPieces(limit);
  }

  head(contentType: string): void {
    refuseContentType(contentType, "json", "JSON");
    this.#contentType = contentType === "" ? "application/json" : contentType;
  }

  data(bytes: Buffer): void {
    this.#pieces.push(bytes);
  }

  end(): void {
    const { answer, gleaned } = this.#read(this.#pieces.whole(), this.#contentType);
    this.gleaned = gleaned;
    this.#events.whole(answer);
  }

  cut(): boolean {
    return false;
  }
}
