import { readSse, type SseEvent, SseSplitter } from "./sse.js";

/** How the bytes of a stream are cut into events. */
export interface StreamFraming {
  /** What the content type of such a stream holds, such as `event-stream`: another kind of answer is refused. */
  readonly contentType: string;
  /** In words for an error, such as "an event stream". */
  readonly title: string;
  /** A reader for one stream. */
  reader(): EventReader;
}

/** Cuts one stream; holds what is not whole yet. Throws a RangeError for an event that is too large to be one. */
export interface EventReader {
  /** Bytes in, the events that they complete out. The bytes may be split anywhere. */
  push(bytes: Buffer, each: (event: SseEvent) => void): void;
  /** The bytes have ended: what is left, if it can be read. */
  end(each: (event: SseEvent) => void): void;
}

/** Server-sent events: the framing of most providers. */
export const sseFraming: StreamFraming = {
  contentType: "event-stream",
  title: "an event stream",
  reader() {
    const splitter = new SseSplitter();
    return {
      push(bytes, each) {
        const whole = splitter.push(bytes);
        if (whole !== undefined) readSse(whole, each);
      },
      end(each) {
        const rest = splitter.flush();
        if (rest !== undefined) readSse(rest, each);
      },
    };
  },
};
