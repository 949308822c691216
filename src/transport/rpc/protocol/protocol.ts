import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { ParlanceError } from "../../../sdk/index.js";
import type { MessageCodec } from "./message-codec.js";

/** Header names in lower case. */
export type Head = Record<string, string | number>;

/** Why a call failed, in the words that the RPC protocols share. */
export interface Failure {
  readonly error: ParlanceError;
  /** gRPC's number. */
  readonly status: number;
  readonly requestId: string;
}

/**
 * How calls of one protocol and spelling are read and answered. Holds nothing of a call: one for all of them. Exactly one
 * of `whole`, `close` and `fail` ends an answer.
 */
export interface Protocol {
  /** Content type of an answer. */
  readonly contentType: string;
  readonly codec: MessageCodec;
  /** Whether messages are in envelopes, or are the body itself. */
  readonly enveloped: boolean;
  /** Whether bodies are base64. */
  readonly text: boolean;
  /** The header that names a request's compression, and the one that names what we read. */
  readonly encodingHeader: string;
  readonly acceptHeader: string;
  /** Milliseconds that the client gives the call. Throws `invalid_request`. */
  timeout(headers: IncomingHttpHeaders): number | undefined;
  /** Refuses a version of the protocol that is not ours. Throws `invalid_request`. */
  check?(headers: IncomingHttpHeaders): void;
  /** Answers with one message, in its envelope if there are any. */
  whole(response: ServerResponse, head: Head, body: Buffer): void;
  /** Begins a stream. */
  open(response: ServerResponse, head: Head): void;
  /** Writes messages in their envelopes. False asks to wait for `drain`. */
  write(response: ServerResponse, bytes: Buffer): boolean;
  /** Ends a stream well. */
  close(response: ServerResponse): void;
  /** Ends a call badly. `head` is undefined where it is out already. */
  fail(response: ServerResponse, head: Head | undefined, failure: Failure): void;
}
