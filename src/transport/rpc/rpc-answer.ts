import type { ServerResponse } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import type { Exchange } from "../../core/exchange.js";
import { ParlanceError } from "../../sdk/index.js";
import { answerHeaders, idHeaders } from "../answer-headers.js";
import { inCallersWords } from "../routing-hints.js";
import type { RpcMethod } from "./completion-methods.js";
import type { Head, Protocol } from "./protocol/protocol.js";
import { statusOf } from "./rpc-fault.js";

// As much as one read from a provider brings. With less, a read is put back in the middle, and the provider's client
// copies and parses what is left of it anew after each drain.
const HIGH_WATER_BYTES = 64 * 1024;

/** The client's side of one call. After its end, and once the client has left, nothing more is written. */
export class RpcAnswer {
  readonly response: ServerResponse;
  readonly #protocol: Protocol;
  readonly #method: RpcMethod;
  #configVersion = "";
  #exchange: Exchange | undefined;
  #opened = false;
  #over = false;

  constructor(response: ServerResponse, protocol: Protocol, method: RpcMethod) {
    this.response = response;
    this.#protocol = protocol;
    this.#method = method;
  }

  /** The exchange whose answer it is, and the version of the snapshot that it begins on; its headers tell of both. */
  begin(exchange: Exchange, configVersion: string): void {
    this.#exchange = exchange;
    this.#configVersion = configVersion;
  }

  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  get over(): boolean {
    return this.#over;
  }

  /** The client is gone. */
  abandon(): void {
    this.#over = true;
  }

  /** Answers with one message. */
  whole(make: () => Message): void {
    if (this.#over) return;
    const { codec, enveloped } = this.#protocol;
    const { output } = this.#method;
    let body: Buffer;
    try {
      body = enveloped ? codec.seal(output, [make()]) : codec.encode(output, make());
    } catch (thrown) {
      // Whoever hands on a whole answer has nobody left to tell.
      this.fail(ParlanceError.from(thrown));
      return;
    }
    this.#over = true;
    this.#protocol.whole(this.response, this.#head(), body);
  }

  open(): void {
    if (this.#over || this.#opened) return;
    this.#opened = true;
    this.#protocol.open(this.response, this.#head());
  }

  /** Writes messages in one piece. False asks to wait for `drain`. */
  write(messages: readonly Message[]): boolean {
    if (this.#over || messages.length === 0) return true;
    const bytes = this.#protocol.codec.seal(this.#method.output, messages);
    return this.#protocol.write(this.response, bytes) || this.response.writableLength < HIGH_WATER_BYTES;
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#protocol.close(this.response);
  }

  /** Tells the error that ended the exchange. */
  fail(error: ParlanceError): void {
    const head = this.#opened ? undefined : this.#head();
    this.#fail(inCallersWords(error, this.#exchange?.caller), head, this.#exchange?.id ?? "");
  }

  /** Tells why there will be no exchange. `facts`: further headers. */
  refuse(error: ParlanceError, requestId: string, facts: Head): void {
    this.#fail(error, { ...idHeaders(requestId), ...facts, ...this.#head() }, requestId);
  }

  #fail(error: ParlanceError, head: Head | undefined, requestId: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#protocol.fail(this.response, head, { error, status: statusOf(error), requestId });
  }

  #head(): Head {
    const head: Head = this.#exchange === undefined ? {} : answerHeaders(this.#exchange, this.#configVersion);
    head["content-type"] = this.#protocol.contentType;
    return head;
  }
}
