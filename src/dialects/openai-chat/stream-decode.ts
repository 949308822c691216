import {
  type Chunk,
  chunks,
  type Finish,
  FinishReason,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type SseEvent,
  type StreamDecoder,
  type Usage,
} from "../../sdk/index.js";
import { errorFromBody } from "../openai-errors/index.js";
import { isCount, isTime } from "./checks.js";
import { ChoiceStream } from "./choice-stream.js";
import { decodeFinish } from "./finish.js";
import { decodeUsage } from "./usage.js";
import { DIALECT } from "./wire.js";

/** A decoder of one stream of `chat.completion.chunk` events. */
export function streamDecoder(): StreamDecoder {
  return new ChatStreamDecoder();
}

class ChatStreamDecoder implements StreamDecoder {
  #started = false;
  #ended = false;
  readonly #head = { id: "", model: "", created: undefined as number | undefined };
  readonly #choices = new Map<number, ChoiceStream>();
  #usage: Usage | undefined;
  #serviceTier: string | undefined;
  readonly #extensions: JsonObject = {};

  decode(event: SseEvent, out: Chunk[]): void {
    if (this.#ended || event.data === "") return;
    if (event.data.startsWith("[DONE]")) {
      // The stream says that it is whole: some servers say it in no other way, but then they have said something before.
      const choices = [...this.#choices.values()];
      if (choices.some((choice) => !choice.isSilent)) for (const choice of choices) choice.endUntold(out);
      this.end(out);
      return;
    }
    const body = parseEvent(event.data);
    if (body.error) throw errorFromBody(body);
    if (event.event === "error") throw errorFromBody(body);
    this.#readHead(body);
    const list = Array.isArray(body.choices) ? body.choices : [];
    // The first event of some servers holds a verdict on the prompt, and neither id nor choices.
    if (!this.#started && (list.length > 0 || this.#head.id !== "")) this.#start(out);
    for (const choice of list) if (isObject(choice)) this.#readChoice(choice, out);
    if (list.length === 0) this.#sendFinished(out);
  }

  end(out: Chunk[]): void {
    if (this.#ended) return;
    if (!this.#started || this.#choices.size === 0) throw unfinished();
    for (const choice of this.#choices.values()) if (choice.finish === undefined) throw unfinished();
    this.#ended = true;
    this.#sendFinished(out);
    if (this.#usage !== undefined) out.push(chunks.usage(this.#usage));
    out.push(
      chunks.completionEnd({
        ...(this.#serviceTier !== undefined && { serviceTier: this.#serviceTier }),
        ...(Object.keys(this.#extensions).length > 0 && { extensions: { [DIALECT]: this.#extensions } }),
      }),
    );
  }

  #readHead(body: JsonObject): void {
    for (const name of Object.keys(body)) {
      const value = body[name] as JsonValue;
      if (value === null) continue;
      switch (name) {
        case "id":
        case "model":
          if (this.#head[name] === "" && typeof value === "string") this.#head[name] = value;
          break;
        case "created":
          if (!this.#head.created && isTime(value)) this.#head.created = value;
          break;
        case "usage":
          // Told again and again by some, always the whole count: the last one holds.
          if (isObject(value)) this.#usage = decodeUsage(value);
          break;
        case "service_tier":
          if (typeof value === "string") this.#serviceTier = value;
          break;
        case "choices":
        case "object":
        // Padding against eavesdroppers, which tells nothing.
        case "obfuscation":
        case "p":
          break;
        default:
          if (isObject(value) && isObject(value.usage) && this.#usage === undefined)
            this.#usage = decodeUsage(value.usage);
          this.#extensions[name] = value;
      }
    }
  }

  #start(out: Chunk[]): void {
    this.#started = true;
    const { id, model, created } = this.#head;
    const time = created === undefined ? {} : { createTime: { seconds: BigInt(created), nanos: 0 } };
    out.push(chunks.completionStart({ id, model, ...time }));
  }

  #readChoice(wire: JsonObject, out: Chunk[]): void {
    const index = isCount(wire.index) ? wire.index : 0;
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = new ChoiceStream(index, this.#head.id);
      this.#choices.set(index, choice);
    }
    if (isObject(wire.error)) throw errorFromBody({ error: wire.error });
    if (isObject(wire.delta)) choice.readDelta(wire.delta, out);
    choice.readAround(wire, out);
    const finish = readFinish(wire);
    if (finish?.reason === FinishReason.ERROR) {
      throw new ParlanceError("provider_error", "The provider ended its answer with an error and did not say which.");
    }
    if (finish !== undefined) choice.end(finish, out);
  }

  /** A finished choice is told late, because what is known of it may still grow after its finish. */
  #sendFinished(out: Chunk[]): void {
    for (const choice of this.#choices.values()) choice.sendFinish(out);
  }
}

function readFinish(wire: JsonObject): Finish | undefined {
  const value = wire.finish_reason;
  if (value === undefined || value === null) return undefined;
  return decodeFinish(value, typeof wire.stop_reason === "string" ? wire.stop_reason : undefined);
}

/** The JSON object of an event; throws `malformed_answer` when it is none. */
export function parseEvent(data: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new ParlanceError("malformed_answer", "The provider's stream holds an event that is not JSON.");
  }
  if (!isObject(value))
    throw new ParlanceError("malformed_answer", "The provider's stream holds an event that is not a JSON object.");
  return value;
}

function unfinished(): ParlanceError {
  return new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
}
