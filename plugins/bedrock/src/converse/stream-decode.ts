import {
  type Chunk,
  chunks,
  isObject,
  type JsonObject,
  type JsonValue,
  ParlanceError,
  type SseEvent,
  type StreamDecoder,
} from "@parlance/sdk";
import { BlockStream } from "./block-stream.js";
import { exceptionOf } from "./errors.js";
import { decodeFinish, furtherFields } from "./finish.js";
import { keep } from "./own.js";
import { answerFields, tierOf } from "./response-decode.js";
import { decodeUsage } from "./usage.js";

/**
 * A decoder of one answer of ConverseStream. What it took is told in `metadata`, after `messageStop`: the answer is whole
 * only then. Events that are not known are kept.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export function streamDecoder(): StreamDecoder {
  return new ConverseStreamDecoder();
}

class ConverseStreamDecoder implements StreamDecoder {
  readonly #blocks = new BlockStream();
  #state: "new" | "running" | "finished" | "whole" = "new";
  /** Fields of the answer that only this dialect has. */
  #rest: JsonObject = {};
  readonly #others: JsonValue[] = [];
  #tier: string | undefined;

  decode(event: SseEvent, out: Chunk[]): void {
    if (this.#state === "whole") return;
    const [kind, name] = event.event.split(/:(.*)/s) as [string, string | undefined];
    const body = parseEvent(event);
    if (kind === "exception" || kind === "error") throw exceptionOf(name ?? "", body);
    switch (event.event) {
      case "messageStart":
        this.#begun(out);
        break;
      case "contentBlockStart":
        this.#begun(out);
        if (isObject(body.start)) this.#blocks.start(numberOf(body), body.start, out);
        break;
      case "contentBlockDelta":
        this.#begun(out);
        if (isObject(body.delta)) this.#blocks.delta(numberOf(body), body.delta, out);
        break;
      case "contentBlockStop":
        this.#blocks.stop(numberOf(body), out);
        break;
      case "messageStop":
        this.#stop(body, out);
        break;
      case "metadata":
        this.#metadata(body, out);
        break;
      // Every stream of Amazon's may begin with it, and here it says nothing.
      case "initial-response":
        break;
      default:
        this.#others.push({ [event.event]: body });
    }
  }

  end(out: Chunk[]): void {
    if (this.#state === "whole") return;
    if (this.#state !== "finished") {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
    }
    // All was said but what it took.
    this.#whole(out);
  }

  #begun(out: Chunk[]): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    out.push(chunks.completionStart({ id: "", model: "" }));
  }

  #stop(body: JsonObject, out: Chunk[]): void {
    this.#begun(out);
    if (this.#state === "finished") return;
    const { stopReason, additionalModelResponseFields: more, p: _, ...rest } = body;
    const finish = decodeFinish({ stopReason, more, answered: this.#blocks.answered });
    this.#blocks.close(out);
    this.#state = "finished";
    this.#rest = { ...this.#rest, ...rest, additionalModelResponseFields: furtherFields(more) ?? null };
    out.push(chunks.finish(0, finish));
  }

  #metadata(body: JsonObject, out: Chunk[]): void {
    this.#begun(out);
    const { usage, serviceTier, p: _, ...rest } = body;
    this.#rest = { ...this.#rest, ...rest };
    if (isObject(usage)) out.push(chunks.usage(decodeUsage(usage)));
    this.#tier = tierOf(serviceTier) ?? this.#tier;
    if (this.#state === "finished") this.#whole(out);
  }

  #whole(out: Chunk[]): void {
    this.#state = "whole";
    const tier = this.#tier;
    if (this.#others.length > 0) this.#rest.events = this.#others;
    const extensions = keep(answerFields(this.#rest));
    out.push(
      chunks.completionEnd({ ...(tier !== undefined && { serviceTier: tier }), ...(extensions && { extensions }) }),
    );
  }
}

function numberOf({ contentBlockIndex: index }: JsonObject): number {
  if (typeof index === "number") return index;
  throw new ParlanceError("malformed_answer", "The provider's stream holds a content block without its number.");
}

function parseEvent({ data }: SseEvent): JsonObject {
  try {
    const body = JSON.parse(data) as JsonValue;
    if (isObject(body)) return body;
  } catch {
    // Told below, as any other data that is not an object.
  }
  throw new ParlanceError("malformed_answer", "The provider's stream holds an event that is not a JSON object.");
}
