import type { ServerResponse } from "node:http";
import { constants, Http2ServerResponse } from "node:http2";
import type { AnswerSink, FrameSource } from "../core/answer.js";
import type { Exchange } from "../core/exchange.js";
import type { Frame } from "../core/frame.js";
import type { ErrorDialect, ParlanceError } from "../sdk/index.js";
import { answerHeaders } from "./answer-headers.js";
import { writeError } from "./rest-error.js";

/** Writes an answer of the vendor's own API as it came: status, headers, bytes. */
export class ThroughSink implements AnswerSink {
  source: FrameSource | undefined;
  readonly #raw: ServerResponse;
  readonly #dialect: ErrorDialect;
  readonly #exchange: () => Exchange;
  readonly #configVersion: string;
  #isEventStream = false;

  /** `exchange` is asked for when the first byte is due, since the sink is made before it. */
  constructor(raw: ServerResponse, dialect: ErrorDialect, exchange: () => Exchange, configVersion: string) {
    this.#raw = raw;
    this.#dialect = dialect;
    this.#exchange = exchange;
    this.#configVersion = configVersion;
  }

  whole(): void {
    throw new Error("what passes has no whole answer");
  }

  open(): void {
    const exchange = this.#exchange();
    const { attempts, providerHeaders } = exchange;
    const headers = Object.assign(answerHeaders(exchange, this.#configVersion, this.#dialect), providerHeaders);
    this.#isEventStream = (headers["content-type"] ?? "").startsWith("text/event-stream");
    // Proxies of the nginx family hold answers back unless they are told not to.
    if (this.#isEventStream) headers["x-accel-buffering"] = "no";
    this.#raw.on("drain", () => this.source?.resume());
    this.#raw.writeHead(attempts[attempts.length - 1]?.status ?? 200, headers);
  }

  frame(frame: Frame): boolean {
    return this.#raw.write(frame.bytes);
  }

  close(): void {
    this.#raw.end();
  }

  fail(error: ParlanceError): void {
    const raw = this.#raw;
    if (raw.writableEnded || raw.destroyed) return;
    const exchange = this.#exchange();
    if (!raw.headersSent) {
      const headers = answerHeaders(exchange, this.#configVersion, this.#dialect);
      writeError(raw, this.#dialect, error, headers, exchange);
    } else if (this.#isEventStream) {
      // Ends an event that may be half written: its reader stumbles over it or over this one, and knows.
      const told = JSON.stringify(this.#dialect.encodeError(error, exchange.id));
      raw.end(`\n\nevent: error\ndata: ${told}\n\n`);
    } else {
      cut(raw);
    }
  }
}

/** Ends an answer in a way that its client cannot take for the end of the bytes. */
function cut(raw: ServerResponse): void {
  if ((raw as unknown) instanceof Http2ServerResponse) {
    (raw as unknown as Http2ServerResponse).stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else {
    raw.destroy();
  }
}
