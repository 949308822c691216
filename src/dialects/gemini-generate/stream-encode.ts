import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type AnswerContext,
  type ChoiceFinish,
  type Chunk,
  ChunkOrder,
  type CompletionEnd,
  type CompletionStart,
  type JsonObject,
  type ParlanceError,
  type StreamEncoder,
  stringifyExact,
  type Usage,
} from "../../sdk/index.js";
import { encodeError } from "./errors.js";
import { finishWord } from "./finish.js";
import { fieldsOf, formOf, restore } from "./own.js";
import { PartStream } from "./part-stream.js";
import { encodeLosses } from "./response-encode.js";
import { encodeUsage } from "./usage.js";
import { AnswerLosses } from "../answer-losses.js";
import { ANSWER_GAPS } from "./answer-gaps.js";

/**
 * An encoder of one stream of events, each an answer of its own shape. How every choice ended comes with the usage in
 * the last event, as newer models have it; losses are told there in the member `parlance`.
 */
export function streamEncoder(context: AnswerContext): StreamEncoder {
  return new AnswerStreamEncoder(context);
}

class AnswerStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #order = new ChunkOrder();
  readonly #choices = new Map<number, PartStream>();
  readonly #finishes: ChoiceFinish[] = [];
  /** Members at the end of every event. */
  #tail = "";
  #usage: Usage | undefined;
  readonly #losses = new AnswerLosses(ANSWER_GAPS);

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#name({ id: "", model: "" });
  }

  encode(chunk: Chunk): string {
    const { event } = chunk;
    this.#order.take(event);
    this.#losses.see(chunk);
    switch (event.case) {
      case "completionStart":
        this.#name(event.value);
        return "";
      case "partStart":
      case "textDelta":
      case "refusalDelta":
      case "reasoningDelta":
      case "toolCallDelta":
      case "audioDelta":
      case "citationAdd":
      case "partEnd": {
        const { choice } = event.value;
        const part = this.#choice(choice).write(event);
        return part === "" ? "" : this.#event(choice, part);
      }
      case "logprobsDelta":
        if (event.value.logprobs !== undefined) this.#choice(event.value.choice).logprobs(event.value.logprobs);
        return "";
      case "finish":
        this.#finishes.push(event.value);
        return "";
      case "usage":
        this.#usage = event.value;
        return "";
      case "completionEnd":
        return this.#end(event.value);
      default:
        return "";
    }
  }

  keepAlive(): string {
    // The wire has no event for it; clients pass over comments.
    return ": keep-alive\n\n";
  }

  error(error: ParlanceError): string {
    return `data: ${JSON.stringify(encodeError(error, this.#context.requestId))}\r\n\r\n`;
  }

  #name(start: Pick<CompletionStart, "id" | "model"> & Partial<Pick<CompletionStart, "createTime">>): void {
    const { createTime } = start;
    this.#tail = JSON.stringify({
      modelVersion: start.model || this.#context.model,
      responseId: start.id || this.#context.requestId,
      ...(createTime !== undefined && { createTime: timestampDate(createTime).toISOString() }),
    }).slice(1);
  }

  #choice(choice: number): PartStream {
    const found = this.#choices.get(choice) ?? new PartStream();
    this.#choices.set(choice, found);
    return found;
  }

  /** The event of some parts of a choice. */
  #event(choice: number, parts: string): string {
    return `data: {"candidates":[{"content":{"parts":[${parts}],"role":"model"},"index":${choice}}],${this.#tail}\r\n\r\n`;
  }

  #end(end: CompletionEnd): string {
    const own = formOf(end).own === true;
    const made = this.#finishes.some((finish) => formOf(finish).made === true);
    const candidates = made ? [] : this.#finishes.map((finish) => this.#last(finish, own));
    const body: JsonObject = candidates.length === 0 ? {} : { candidates };
    if (this.#usage !== undefined) body.usageMetadata = encodeUsage(this.#usage);
    const losses = [...end.losses, ...this.#losses.list];
    if (losses.length > 0) body.parlance = { losses: encodeLosses(losses) };
    const text = stringifyExact(restore(body, end));
    return `data: ${text.slice(0, -1)}${text === "{}" ? "" : ","}${this.#tail}\r\n\r\n`;
  }

  #last(finish: ChoiceFinish, own: boolean): JsonObject {
    const { left, grounding, logprobs } = this.#choice(finish.choice).close();
    const out: JsonObject = {
      content: { parts: left.length > 0 ? left : [{ text: "" }], role: "model" },
      finishReason: finishWord(finish.finish, own),
      index: finish.choice,
    };
    const fields = fieldsOf(finish);
    const sources = fields.groundingMetadata ?? grounding;
    if (sources !== undefined) out.groundingMetadata = sources;
    const tokens = fields.logprobsResult ?? logprobs;
    if (tokens !== undefined) out.logprobsResult = tokens;
    return restore(out, finish);
  }
}
