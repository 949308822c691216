import {
  asExtensions,
  type Chunk,
  chunks,
  isObject,
  type JsonObject,
  ParlanceError,
  type Part,
  type SseEvent,
  type StreamDecoder,
} from "@parlance/sdk";
import { callIds } from "./call-ids.js";
import { decodeFinish } from "./finish.js";
import { callsOf, imagesOf, parseLine, timeOf, unknownOf, unknownOfMessage } from "./line.js";
import { decodeLogprobs } from "./logprobs.js";
import { decodeUsage } from "./usage.js";
import { DIALECT, isString } from "./wire.js";

/**
 * A decoder of one stream: every line is an answer of its own shape, with a piece of the message, and the last one says
 * `done` and tells the counts. https://docs.ollama.com/api/streaming
 */
export function streamDecoder(): StreamDecoder {
  return new LineDecoder();
}

class LineDecoder implements StreamDecoder {
  #id: ((told: unknown) => string) | undefined;
  #parts = 0;
  #calls = 0;
  #open: "text" | "reasoning" | undefined;
  #whole = false;
  /** Fields that only this dialect has: of the answer, and of its message. */
  readonly #fields: JsonObject = {};
  readonly #messageFields: JsonObject = {};

  decode(event: SseEvent, out: Chunk[]): void {
    // After the last line there is nothing left to tell.
    if (this.#whole) return;
    const body = parseLine(event.data, "line");
    if (this.#id === undefined) this.#start(body, event.data, out);
    const { message } = body;
    if (isObject(message)) this.#message(message, out);
    const logprobs = decodeLogprobs(body.logprobs);
    if (logprobs !== undefined) out.push(chunks.logprobsDelta(0, logprobs));
    Object.assign(this.#fields, unknownOf(body));
    if (body.done === true) this.#finish(body, out);
  }

  end(): void {
    if (!this.#whole) {
      throw new ParlanceError("stream_unfinished", "The provider's stream ended before the answer was whole.");
    }
  }

  #start(body: JsonObject, text: string, out: Chunk[]): void {
    this.#id = callIds(isString(body.created_at) ? body.created_at : text);
    const createTime = timeOf(body);
    const model = isString(body.model) ? body.model : "";
    out.push(chunks.completionStart({ id: "", model, ...(createTime && { createTime }) }));
  }

  #message(message: JsonObject, out: Chunk[]): void {
    const { thinking, content } = message;
    if (isString(thinking) && thinking !== "") {
      this.#go("reasoning", out);
      out.push(chunks.reasoningDelta(0, this.#parts - 1, thinking));
    }
    if (isString(content) && content !== "") {
      this.#go("text", out);
      out.push(chunks.textDelta(0, this.#parts - 1, content));
    }
    for (const image of imagesOf(message)) this.#add(image, out);
    for (const call of callsOf(message, this.#id as (told: unknown) => string, this.#calls)) this.#call(call, out);
    Object.assign(this.#messageFields, unknownOfMessage(message));
  }

  /** Goes on with the open part, or begins one. */
  #go(kind: "text" | "reasoning", out: Chunk[]): void {
    if (this.#open === kind) return;
    this.#close(out);
    const value = kind === "text" ? { text: "" } : { text: "", dialect: DIALECT };
    out.push(chunks.partStart(0, this.#parts, { kind: { case: kind, value } }));
    this.#parts += 1;
    this.#open = kind;
  }

  #close(out: Chunk[]): void {
    if (this.#open !== undefined) out.push(chunks.partEnd(0, this.#parts - 1));
    this.#open = undefined;
  }

  #add(part: Part, out: Chunk[]): void {
    this.#close(out);
    out.push(chunks.partStart(0, this.#parts, part), chunks.partEnd(0, this.#parts));
    this.#parts += 1;
  }

  /** Calls come whole, and several in one line or in lines one after another. */
  #call(part: Part, out: Chunk[]): void {
    if (part.kind.case !== "toolCall") return;
    this.#close(out);
    const { arguments: args, ...call } = part.kind.value;
    out.push(
      chunks.partStart(0, this.#parts, { ...part, kind: { case: "toolCall", value: { ...call, arguments: "" } } }),
      chunks.toolCallDelta(0, this.#parts, args),
      chunks.partEnd(0, this.#parts),
    );
    this.#parts += 1;
    this.#calls += 1;
  }

  #finish(body: JsonObject, out: Chunk[]): void {
    this.#close(out);
    this.#whole = true;
    const message = asExtensions(DIALECT, this.#messageFields);
    out.push(chunks.finish(0, decodeFinish(body.done_reason, this.#calls > 0), { message }));
    const usage = decodeUsage(body);
    if (usage !== undefined) out.push(chunks.usage(usage));
    const extensions = asExtensions(DIALECT, this.#fields);
    out.push(chunks.completionEnd({ ...(extensions && { extensions }) }));
  }
}
