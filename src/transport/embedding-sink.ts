import type { ServerResponse } from "node:http";
import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import type { Exchange } from "../core/exchange.js";
import type { EmbeddingDialect, ParlanceError } from "../sdk/index.js";
import { answerHeaders } from "./answer-headers.js";
import { endWhole } from "./end-whole.js";
import { writeError } from "./rest-error.js";
import { withRecord } from "./tell-record.js";

/** Writes embeddings to a REST client in the client's dialect. They are never streamed. */
export class EmbeddingSink implements AnswerSink {
  source: FrameSource | undefined;
  readonly #raw: ServerResponse;
  readonly #dialect: EmbeddingDialect;
  readonly #context: { readonly model: string; readonly base64: boolean };
  readonly #exchange: () => Exchange;
  readonly #configVersion: string;

  constructor(
    raw: ServerResponse,
    dialect: EmbeddingDialect,
    context: { readonly model: string; readonly base64: boolean },
    exchange: () => Exchange,
    configVersion: string,
  ) {
    this.#raw = raw;
    this.#dialect = dialect;
    this.#context = context;
    this.#exchange = exchange;
    this.#configVersion = configVersion;
  }

  whole(answer: WholeAnswer): void {
    let { bytes } = answer;
    // Clients read the encoding that they asked for, and no other.
    if (bytes === undefined || !this.#dialect.isEncodedAs(bytes, this.#context)) {
      const value = answer.value();
      if (value.kind !== "embeddings") throw new Error(`embeddings were answered with ${value.kind}`);
      bytes = Buffer.from(this.#dialect.encodeResponse(value.result, this.#context));
    }
    const exchange = this.#exchange();
    bytes = withRecord(bytes, exchange);
    const headers: Record<string, string | number> = this.#headers(exchange);
    Object.assign(headers, exchange.providerHeaders);
    headers["content-type"] = "application/json";
    headers["content-length"] = bytes.length;
    this.#raw.writeHead(200, headers);
    endWhole(this.#raw, bytes);
  }

  open(): void {
    throw new Error("embeddings are not streamed");
  }

  frame(): boolean {
    throw new Error("embeddings are not streamed");
  }

  close(): void {
    throw new Error("embeddings are not streamed");
  }

  fail(error: ParlanceError): void {
    if (this.#raw.writableEnded || this.#raw.destroyed) return;
    const exchange = this.#exchange();
    writeError(this.#raw, this.#dialect, error, this.#headers(exchange), exchange);
  }

  #headers(exchange: Exchange): Record<string, string> {
    return answerHeaders(exchange, this.#configVersion, this.#dialect);
  }
}
