import { EventStreamCodec } from "@smithy/eventstream-codec";
import { type Behaviour, answerSse } from "./upstream.js";

/** A frame of Amazon's event streams: an event, or what is told in the place of one. */
export interface FrameSpec {
  /** `:event-type`, or of an exception its `:exception-type`. */
  readonly name: string;
  readonly payload: unknown;
  readonly exception?: boolean;
}

const encoder = new TextEncoder();
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes as Uint8Array).toString("utf8")),
  (text) => encoder.encode(text),
);

/** The bytes of a stream, by Amazon's own encoder. */
export function amazonFrames(frames: readonly FrameSpec[]): Buffer {
  return Buffer.concat(
    frames.map(({ name, payload, exception = false }) =>
      amazonMessage(
        {
          [exception ? ":exception-type" : ":event-type"]: name,
          ":content-type": "application/json",
          ":message-type": exception ? "exception" : "event",
        },
        typeof payload === "string" ? payload : JSON.stringify(payload),
      ),
    ),
  );
}

/** One frame with headers that are text, in their order. */
export function amazonMessage(headers: Readonly<Record<string, string>>, body: string): Buffer {
  return Buffer.from(
    codec.encode({
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, { type: "string" as const, value }]),
      ),
      body: encoder.encode(body),
    }),
  );
}

/** A stream as the provider answers it, cut into writes at the given sizes. */
export function answerFrames(frames: Buffer | FrameSpec[], sizes: readonly number[] = []): Behaviour {
  const bytes = Buffer.isBuffer(frames) ? frames : amazonFrames(frames);
  return answerSse(bytes, sizes, { "content-type": "application/vnd.amazon.eventstream" });
}
