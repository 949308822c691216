import type { ServerResponse } from "node:http";
import type { AnswerSink, FrameSource, WholeAnswer } from "../core/answer.js";
import type { Exchange } from "../core/exchange.js";
import type { ChatDialect, ParlanceError } from "../sdk/index.js";
import { answerHeaders } from "./answer-headers.js";
import { writeError } from "./rest-error.js";
import { withRecord } from "./tell-record.js";

/** Writes a count of tokens. The header `x-parlance-token-count` tells whether it is `exact` or `estimated`. */
export class CountSink implements AnswerSink {
  source: FrameSource | undefined;
  readonly #raw: ServerResponse;
  readonly #dialect: ChatDialect;
  readonly #exchange: () => Exchange;
  readonly #configVersion: string;

  constructor(raw: ServerResponse, dialect: ChatDialect, exchange: () => Exchange, configVersion: string) {
    this.#raw = raw;
    this.#dialect = dialect;
    this.#exchange = exchange;
    this.#configVersion = configVersion;
  }

  whole(answer: WholeAnswer): void {
    const value = answer.value();
    if (value.kind !== "token_count") throw new Error(`a count of tokens was answered with ${value.kind}`);
    const { tokenCount } = this.#dialect;
    if (tokenCount === undefined) throw new Error(`${this.#dialect.name} has no counts of tokens`);
    const exchange = this.#exchange();
    const bytes = withRecord(answer.bytes ?? Buffer.from(tokenCount.encodeResponse(value.inputTokens)), exchange);
    this.#raw.writeHead(200, {
      ...this.#headers(exchange),
      ...(answer.bytes !== undefined && exchange.providerHeaders),
      "x-parlance-token-count": value.estimated ? "estimated" : "exact",
      "content-type": "application/json",
      "content-length": bytes.length,
    });
    this.#raw.end(bytes);
  }

  open(): void {
    throw new Error("a count of tokens is not streamed");
  }

  frame(): boolean {
    throw new Error("a count of tokens is not streamed");
  }

  close(): void {
    throw new Error("a count of tokens is not streamed");
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
