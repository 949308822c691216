import type { SseEvent } from "./sse.js";
import { ParlanceError } from "./errors.js";
import type { HttpAnswer } from "./http.js";
import { sseFraming, type StreamFraming } from "./stream-framing.js";
import { refuseContentType, unreadable } from "./unreadable.js";

/** Largest answer that is not streamed, in bytes. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Most of a refusal that is read, in bytes. */
export const MAX_ERROR_BYTES = 1024 * 1024;

/** A body that comes piece by piece. */
export class BodyPieces {
  readonly #limit: number;
  readonly #pieces: Buffer[] = [];
  #size = 0;

  constructor(limit: number = MAX_ANSWER_BYTES) {
    this.#limit = limit;
  }

  /** Throws `malformed_answer` where it is larger than the limit. */
  push(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#size > this.#limit) {
      throw new ParlanceError("malformed_answer", `The provider's answer is larger than ${this.#limit} bytes.`);
    }
    this.#pieces.push(bytes);
  }

  /** All of it. */
  whole(): Buffer {
    return this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces, this.#size);
  }
}

/** The whole body of an answer. Throws `malformed_answer` where it is larger than `limit` bytes. */
export async function readBody({ body }: HttpAnswer, limit: number = MAX_ANSWER_BYTES): Promise<Buffer> {
  const pieces = new BodyPieces(limit);
  for await (const bytes of body) pieces.push(bytes);
  return pieces.whole();
}

/**
 * The body of a refusal, as far as it comes: its first megabyte, and where it is cut off or stalls, what came until
 * then, since the status tells more than the lost end of its explanation. Throws `cancelled` alone.
 */
export async function readRefusal({ body }: HttpAnswer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const bytes of body) {
      pieces.push(bytes);
      size += bytes.length;
      if (size >= MAX_ERROR_BYTES) break;
    }
  } catch (thrown) {
    if (ParlanceError.is(thrown) && thrown.code === "cancelled") throw thrown;
  }
  return Buffer.concat(pieces);
}

/** Refuses an answer whose content type does not hold `holds`, and ends its connection. */
export async function refuseBody(
  { headers, body }: Pick<HttpAnswer, "headers" | "body">,
  holds: string,
  wanted: string,
): Promise<void> {
  try {
    refuseContentType(headers["content-type"] ?? "", holds, wanted);
  } catch (thrown) {
    await body[Symbol.asyncIterator]().return?.();
    throw thrown;
  }
}

/**
 * The events of a streamed answer, no faster than they are taken. Throws `wrong_content_type` where the answer is of
 * another, and `malformed_answer` where it cannot be cut into events. That the bytes end does not say that the answer was whole.
 */
export async function* readEvents(
  { headers, body }: Pick<HttpAnswer, "headers" | "body">,
  framing: StreamFraming = sseFraming,
): AsyncGenerator<SseEvent, void, undefined> {
  await refuseBody({ headers, body }, framing.contentType, framing.title);
  const reader = framing.reader();
  const events: SseEvent[] = [];
  const each = (event: SseEvent): void => void events.push(event);
  const cut = (act: () => void): void => {
    try {
      act();
    } catch (thrown) {
      throw unreadable(thrown);
    }
  };
  for await (const bytes of body) {
    cut(() => reader.push(bytes, each));
    yield* events.splice(0);
  }
  cut(() => reader.end(each));
  yield* events;
}
