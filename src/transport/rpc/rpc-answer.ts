import type { ServerResponse } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import type { Exchange } from "../../core/exchange.js";
import { ParlanceError } from "../../sdk/index.js";
import { answerHeaders } from "../answer-headers.js";
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
  readonly #configVersion: string;
  /** Set as soon as there is one; what it knows goes into the answer's headers. */
  exchange: Exchange | undefined;
  #opened = false;
  #over = false;

  constructor(response: ServerResponse, protocol: Protocol, method: RpcMethod, configVersion: string) {
    this.response = response;
    this.#protocol = protocol;
    this.#method = method;
    this.#configVersion = configVersion;
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

  /** `requestId` where there is no exchange; `facts` are further headers. */
  fail(error: ParlanceError, requestId = "", facts: Head = {}): void {
    if (this.#over) return;
    this.#over = true;
    const id = this.exchange?.id ?? requestId;
    const head = this.#opened ? undefined : { ...this.#head(), "x-request-id": id, ...facts };
    this.#protocol.fail(this.response, head, { error, status: statusOf(error), requestId: id });
  }

  #head(): Head {
    const head: Head = this.exchange === undefined ? {} : answerHeaders(this.exchange, this.#configVersion);
    head["content-type"] = this.#protocol.contentType;
    return head;
  }
}
