import {
  type AnswerContext,
  type Chunk,
  ChunkOrder,
  type CompletionEnd,
  type Finish,
  type JsonObject,
  type ParlanceError,
  type StreamEncoder,
  type Usage,
  writeSse,
} from "../../sdk/index.js";
import { BlockWriter } from "./block-writer.js";
import { encodeError } from "./errors.js";
import { finishWord } from "./finish.js";
import { fieldsOf, formOf } from "./own.js";
import { answerId, encodeLosses } from "./response-encode.js";
import { encodeUsage } from "./usage.js";
import { AnswerLosses } from "../answer-losses.js";
import { ANSWER_GAPS } from "./answer-gaps.js";

/**
 * An encoder of one stream of events, every one with its `event` line, since clients dispatch on it. The first choice
 * is told and no other. `message_delta` waits for the end of the answer, because it must tell the whole usage; losses
 * are told in its member `parlance`. What the wire cannot say is left out as in a whole answer.
 */
export function streamEncoder(context: AnswerContext): StreamEncoder {
  return new MessageStreamEncoder(context);
}

class MessageStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #order = new ChunkOrder();
  readonly #blocks = new BlockWriter();
  #started = false;
  #finish: Finish | undefined;
  #finishExtensions: JsonObject | undefined;
  #usage: Usage | undefined;
  readonly #losses = new AnswerLosses(ANSWER_GAPS);

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  encode(chunk: Chunk): string {
    const { event } = chunk;
    this.#order.take(event);
    this.#losses.see(chunk);
    switch (event.case) {
      case "completionStart":
        return this.#start(event.value.id, event.value.model);
      case "partStart":
      case "textDelta":
      case "refusalDelta":
      case "reasoningDelta":
      case "toolCallDelta":
      case "audioDelta":
      case "citationAdd":
      case "partEnd": {
        if (event.value.choice !== 0) return "";
        const text = this.#blocks.write(event);
        return this.#started ? text : this.#start("", "") + text;
      }
      case "finish":
        if (event.value.choice !== 0) return "";
        this.#finish = event.value.finish;
        this.#finishExtensions = event.value.extensions;
        return this.#start("", "") + this.#blocks.close();
      case "usage":
        this.#usage = event.value;
        return "";
      case "completionEnd":
        return this.#start("", "") + this.#blocks.close() + this.#end(event.value);
      default:
        return "";
    }
  }

  error(error: ParlanceError): string {
    return writeSse(JSON.stringify(encodeError(error, this.#context.requestId)), "error");
  }

  keepAlive(): string {
    return 'event: ping\ndata: {"type":"ping"}\n\n';
  }

  #start(id: string, model: string): string {
    if (this.#started) return "";
    this.#started = true;
    const message = {
      id: id || answerId(this.#context.requestId),
      type: "message",
      role: "assistant",
      model: model || this.#context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Not known yet: the true numbers come with message_delta.
      usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
    };
    return writeSse(JSON.stringify({ type: "message_start", message }), "message_start");
  }

  #end(end: CompletionEnd): string {
    const own = formOf(end).own === true;
    const delta: JsonObject = {
      stop_reason: finishWord(this.#finish, this.#blocks.calls, own),
      stop_sequence: this.#finish?.stopSequence ?? null,
      ...fieldsOf({ extensions: this.#finishExtensions }),
    };
    const { container, ...around } = fieldsOf(end);
    if (container !== undefined) delta.container = container;
    const body: JsonObject = {
      ...around,
      type: "message_delta",
      delta,
      usage: encodeUsage(this.#usage, end.serviceTier),
    };
    const losses = [...end.losses, ...this.#losses.list];
    if (losses.length > 0) body.parlance = { losses: encodeLosses(losses) };
    return `${writeSse(JSON.stringify(body), "message_delta")}event: message_stop\ndata: {"type":"message_stop"}\n\n`;
  }
}
