import type { Gleaned, Lane, ParlanceError } from "../../sdk/index.js";
import type { WholeAnswer } from "../answer.js";
import type { Frame } from "../frame.js";

/** What comes of one call of a target. Exactly one of `whole`, `end` and `fail` ends it; nothing comes after an abort. */
export interface LaneEvents {
  /** The provider answered with an HTTP head; `forCaller` holds what of it the caller is to see, if anything. */
  head(
    status: number,
    upstreamRequestId: string | undefined,
    forCaller: Readonly<Record<string, string>> | undefined,
  ): void;
  /** A piece of a stream; `content` is true once some of the answer itself has come, in this frame or before. */
  frame(frame: Frame, content: boolean): void;
  /** The stream ended as it should. */
  end(): void;
  /** An answer that is not streamed. */
  whole(answer: WholeAnswer): void;
  fail(error: ParlanceError): void;
}

/** A running call. */
export interface LaneCall {
  readonly lane: Lane;
  pause(): void;
  resume(): void;
  abort(): void;
  /** Usage and finish as far as they have come. */
  gleaned(): Gleaned;
  /** Bytes of the answer so far; where they are not seen, the length of what they said. */
  received(): number;
}
