import type { ServerResponse } from "node:http";
import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import type { Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import {
  type AnswerContext,
  type ChatFacade,
  type Chunk,
  Lane,
  type ParlanceError,
  type StreamEncoder,
} from "../sdk/index.js";
import { answerHeaders } from "./answer-headers.js";
import type { KeepAlive, Watch } from "./keep-alive.js";
import { endWhole } from "./end-whole.js";
import { writeError } from "./rest-error.js";
import type { StreamForm } from "./stream-form.js";
import { recordComment, withRecord } from "./tell-record.js";

// As much as one read from a provider brings. To wait in the middle of a read makes its rest be copied and parsed again.
const HIGH_WATER_BYTES = 65_536;

/** Writes a completion to a REST client in the client's dialect: whole, or as a stream. */
export class ChatSink implements AnswerSink {
  /** Sees what the client is told as it is told: a whole body, or whole events of a stream. */
  onWritten: ((piece: Buffer | string) => void) | undefined;
  source: FrameSource | undefined;
  readonly #raw: ServerResponse;
  readonly #dialect: ChatFacade;
  readonly #context: AnswerContext;
  readonly #exchange: () => Exchange;
  readonly #configVersion: string;
  readonly #keepAlive: KeepAlive;
  readonly #form: StreamForm | undefined;
  #watch: Watch | undefined;
  #encoder: StreamEncoder | undefined;
  #opened = false;

  /**
   * `exchange` is asked for when the first byte is due, since the sink is made before it. Without a `form` a stream is
   * one of server-sent events.
   */
  constructor(
    raw: ServerResponse,
    dialect: ChatFacade,
    context: AnswerContext,
    exchange: () => Exchange,
    configVersion: string,
    keepAlive: KeepAlive,
    form?: StreamForm,
  ) {
    this.#raw = raw;
    this.#dialect = dialect;
    this.#context = context;
    this.#exchange = exchange;
    this.#configVersion = configVersion;
    this.#keepAlive = keepAlive;
    this.#form = form;
  }

  whole(answer: WholeAnswer): void {
    let { bytes, contentType } = answer;
    if (bytes === undefined) {
      const value = answer.value();
      if (value.kind !== "completion") throw new Error(`a chat was answered with ${value.kind}`);
      bytes = Buffer.from(this.#dialect.encodeResponse(value.completion, this.#context));
      contentType = "application/json";
    }
    this.onWritten?.(bytes);
    bytes = withRecord(bytes, this.#exchange());
    const headers: Record<string, string | number> = this.#successHeaders();
    headers["content-type"] = contentType;
    headers["content-length"] = bytes.length;
    this.#raw.writeHead(200, headers);
    endWhole(this.#raw, bytes);
  }

  open(): void {
    const headers = this.#successHeaders();
    headers["content-type"] = this.#form?.contentType ?? "text/event-stream; charset=utf-8";
    headers["cache-control"] = "no-cache";
    // Proxies of the nginx family hold answers back unless they are told not to.
    headers["x-accel-buffering"] = "no";
    this.#opened = true;
    this.#raw.on("drain", () => this.source?.resume());
    this.#raw.writeHead(200, headers);
  }

  frame(frame: Frame): boolean {
    if (frame.bytes !== undefined) return this.#write(frame.bytes);
    const encoder = this.#startEncoder();
    // A stream that passes as it came has its provider's own.
    if (this.#form === undefined) this.#watch ??= this.#keepAlive.watch(() => this.#breakSilence());
    this.#watch?.spoke();
    let text = "";
    for (const chunk of frame.chunks) text += encoder.encode(chunk);
    return text === "" || this.#write(text);
  }

  follow(chunks: readonly Chunk[]): void {
    const encoder = this.#startEncoder();
    for (const chunk of chunks) encoder.encode(chunk);
  }

  close(): void {
    this.#watch?.stop();
    this.#raw.end(this.#form === undefined ? recordComment(this.#exchange()) : this.#form.end());
  }

  fail(error: ParlanceError): void {
    this.#watch?.stop();
    if (this.#raw.writableEnded || this.#raw.destroyed) return;
    if (!this.#opened) {
      const exchange = this.#exchange();
      const headers = answerHeaders(exchange, this.#configVersion, this.#dialect);
      writeError(this.#raw, this.#dialect, error, headers, exchange);
      return;
    }
    const text = this.#startEncoder().error(error);
    this.#raw.end(
      this.#form === undefined ? text + recordComment(this.#exchange()) : this.#form.push(text) + this.#form.end(),
    );
  }

  /** Whole events, or the text of some. */
  #write(events: Buffer | string): boolean {
    this.onWritten?.(events);
    const text = this.#form === undefined ? events : this.#form.push(events);
    return text.length === 0 || this.#raw.write(text) || this.#raw.writableLength < HIGH_WATER_BYTES;
  }

  #successHeaders(): Record<string, string> {
    const exchange = this.#exchange();
    const headers = answerHeaders(exchange, this.#configVersion, this.#dialect);
    return Object.assign(headers, exchange.providerHeaders);
  }

  /** A client that does not read what there is needs no more. */
  #breakSilence(): void {
    if (this.#raw.writableLength > 0 || this.#raw.destroyed) return;
    this.#raw.write(this.#startEncoder().keepAlive());
  }

  /** A provider of the caller's dialect has done what the caller asked of the answer, even where it did not stream it. */
  #answerContext(): AnswerContext {
    const { attempts } = this.#exchange();
    const verbatim = attempts[attempts.length - 1]?.lane === Lane.VERBATIM;
    return verbatim ? { ...this.#context, echo: undefined } : this.#context;
  }

  #startEncoder(): StreamEncoder {
    this.#encoder ??= this.#dialect.streamEncoder(this.#answerContext());
    return this.#encoder;
  }
}
