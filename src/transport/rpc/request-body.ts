import { gunzip } from "node:zlib";
import { ParlanceError } from "../../sdk/index.js";
import { ENVELOPE_HEAD, openEnvelope } from "./protocol/envelope.js";
import type { Protocol } from "./protocol/protocol.js";
import { RpcFault, UNIMPLEMENTED } from "./rpc-fault.js";

/** What is read beside plain messages, for the header that tells it. */
export const READ_ENCODINGS = "gzip";

/** Collects the body of a call. */
export class RequestBody {
  readonly #protocol: Protocol;
  readonly #gzip: boolean;
  readonly #limit: number;
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  #size = 0;

  /** `encoding`: the request's own word for its compression. Throws when it is not one that is read. */
  constructor(protocol: Protocol, encoding: string | undefined, limit: number) {
    this.#protocol = protocol;
    this.#limit = limit;
    const enveloped = limit + ENVELOPE_HEAD;
    // Base64 may come in padded pieces, a few bytes each at worst.
    this.#mostBytes = protocol.text ? enveloped * 4 : enveloped;
    this.#gzip = encoding === "gzip";
    if (encoding !== undefined && encoding !== "identity" && !this.#gzip) {
      throw new RpcFault("unsupported", UNIMPLEMENTED, `Compression by ${JSON.stringify(encoding)} is not known here.`);
    }
  }

  /** Throws `request_too_large` as soon as that is known. */
  push(piece: Buffer): void {
    const known = this.#size >= ENVELOPE_HEAD;
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size > this.#mostBytes) throw this.#tooLarge();
    const { enveloped, text } = this.#protocol;
    if (known || !enveloped || text || this.#size < ENVELOPE_HEAD) return;
    if (this.#whole().readUInt32BE(1) > this.#limit) throw this.#tooLarge();
  }

  /** Gives the message, or the fault in it. What is compressed takes a while. */
  message(done: (message: Buffer | undefined, error: ParlanceError | undefined) => void): void {
    let message: Buffer;
    let compressed = this.#gzip;
    try {
      const body = this.#protocol.text ? fromBase64(this.#whole()) : this.#whole();
      message = body;
      if (this.#protocol.enveloped) ({ message, compressed } = openEnvelope(body, this.#gzip));
      if (message.length > this.#limit) throw this.#tooLarge();
    } catch (thrown) {
      done(undefined, ParlanceError.from(thrown));
      return;
    }
    if (!compressed) {
      done(message, undefined);
      return;
    }
    gunzip(message, { maxOutputLength: this.#limit }, (error, plain) => {
      if (error === null) done(plain, undefined);
      else if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") done(undefined, this.#tooLarge());
      else done(undefined, new ParlanceError("invalid_request", "The message is not gzip.", { cause: error }));
    });
  }

  #whole(): Buffer {
    if (this.#pieces.length === 1) return this.#pieces[0] as Buffer;
    const whole = Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [whole];
    return whole;
  }

  #tooLarge(): ParlanceError {
    return new ParlanceError(
      "request_too_large",
      `The message is larger than the ${this.#limit} bytes that the server accepts (server.max_body_bytes).`,
    );
  }
}

/** Base64 whose pieces may each be padded. */
function fromBase64(body: Buffer): Buffer {
  const text = body.toString("latin1").replace(/\s+/g, "");
  const pieces = text.match(/[A-Za-z0-9+/]+={0,2}/g) ?? [];
  if (pieces.reduce((sum, piece) => sum + piece.length, 0) !== text.length) {
    throw new ParlanceError("invalid_request", "The body is not base64.");
  }
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}
