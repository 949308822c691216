import {
  type Chunk,
  chunks,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type SseEvent,
  type StreamDecoder,
} from "../../sdk/index.js";
import { BlockStream } from "./block-stream.js";
import { isCount } from "./checks.js";
import { errorOfEvent } from "./errors.js";
import { decodeFinish } from "./finish.js";
import { WireObject } from "./own.js";
import { readable } from "./response-decode.js";
import { decodeUsage, tierOf } from "./usage.js";

/**
 * A decoder of one stream: https://platform.claude.com/docs/en/build-with-claude/streaming. Pings and events that are
 * not known pass by. The numbers of `message_delta` are totals and replace those of `message_start`.
 */
export function streamDecoder(): StreamDecoder {
  return new MessageStreamDecoder();
}

class MessageStreamDecoder implements StreamDecoder {
  readonly #blocks = new BlockStream();
  #started = false;
  #stopped = false;
  #finished = false;
  #usage: JsonObject | undefined;
  /** How the answer ended, when its start says so already. */
  #early: JsonObject | undefined;
  /** Fields of the answer that only this dialect has, from the start and the last delta. */
  readonly #rest: JsonObject = {};

  decode(event: SseEvent, out: Chunk[]): void {
    if (event.event === "ping" || this.#stopped) return;
    const body = parseEvent(event);
    switch (body.type ?? event.event) {
      case "message_start":
        this.#start(body, out);
        break;
      case "content_block_start":
        this.#begun(out);
        readable(() => this.#blocks.start(body, out));
        break;
      case "content_block_delta":
        readable(() => this.#blocks.delta(body, out));
        break;
      case "content_block_stop":
        readable(() => this.#blocks.stop(body.index, out));
        break;
      case "message_delta":
        this.#begun(out);
        this.#delta(body, out);
        break;
      case "message_stop":
        this.#stop(out);
        break;
      case "error":
        throw errorOfEvent(body);
      default:
        break;
    }
  }

  end(_out: Chunk[]): void {
    if (!this.#stopped) {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
    }
  }

  #start(body: JsonObject, out: Chunk[]): void {
    const message = isObject(body.message) ? body.message : {};
    const {
      id,
      model,
      usage,
      type: _,
      role: __,
      content,
      stop_reason: stop,
      stop_sequence: sequence,
      ...rest
    } = message;
    if (isObject(usage)) this.#usage = merged(this.#usage, usage);
    // A provider that begins a second time has nothing new to say of whose answer it is.
    if (this.#started) return;
    this.#started = true;
    this.#keep(rest);
    out.push(
      chunks.completionStart({ id: typeof id === "string" ? id : "", model: typeof model === "string" ? model : "" }),
    );
    // An answer that was ready comes whole with the start, and no other event tells it.
    if (Array.isArray(content)) readable(() => this.#blocks.whole(content, out));
    if (typeof stop === "string") this.#early = { stop_reason: stop, stop_sequence: sequence ?? null };
  }

  /** Some servers leave the start out. */
  #begun(out: Chunk[]): void {
    if (!this.#started) this.#start({}, out);
  }

  #delta(body: JsonObject, out: Chunk[]): void {
    const { delta, usage, type: _, ...around } = body;
    const { stop_reason: stop, stop_sequence: sequence, stop_details: details, ...rest } = isObject(delta) ? delta : {};
    this.#keep({ ...rest, ...around });
    if (isObject(usage)) this.#usage = merged(this.#usage, usage);
    if (typeof stop === "string" && !this.#finished) {
      this.#finished = true;
      this.#blocks.close(out);
      const kept = new WireObject(details === undefined ? {} : { stop_details: details }, "");
      out.push(chunks.finish(0, decodeFinish(stop, sequence, this.#blocks.answered), { choice: kept.extensions() }));
    }
    if (this.#finished && this.#usage !== undefined) out.push(chunks.usage(decodeUsage(this.#usage)));
  }

  #stop(out: Chunk[]): void {
    this.#begun(out);
    if (!this.#finished && this.#early !== undefined) this.#delta({ delta: this.#early }, out);
    if (!this.#finished) {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended without a reason to stop.");
    }
    this.#stopped = true;
    const tier = tierOf(this.#usage);
    const wire = new WireObject(this.#rest, "");
    wire.note("own", true);
    const extensions = wire.extensions();
    out.push(
      chunks.completionEnd({ ...(tier !== undefined && { serviceTier: tier }), ...(extensions && { extensions }) }),
    );
  }

  #keep(fields: JsonObject): void {
    for (const name in fields) if (fields[name] !== null) this.#rest[name] = fields[name] as JsonValue;
  }
}

/** Totals replace what was told before; what the later event does not tell stays. */
export function merged(before: JsonObject | undefined, after: JsonObject): JsonObject {
  const out: JsonObject = { ...before };
  for (const name in after) {
    const value = after[name] as JsonValue;
    if (value !== null || !isCount(out[name])) out[name] = value;
  }
  return out;
}

/** The data of an event. Throws `malformed_answer` when it is no JSON object. */
export function parseEvent({ data }: SseEvent): JsonObject {
  try {
    const body = JSON.parse(data) as JsonValue;
    if (isObject(body)) return body;
  } catch {
    // Told below, as any other data that is not an object.
  }
  throw new ParlanceError("malformed_answer", "The provider's stream holds an event that is not a JSON object.");
}
