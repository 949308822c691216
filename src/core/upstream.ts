import type { Readable } from "node:stream";
import { Pool } from "undici";
import { connectionError, ParlanceError, type ReadonlyHeaders, type UpstreamTimeouts } from "../sdk/index.js";
import { type Inflater, inflaterFor } from "./inflate.js";

/** One HTTP request to a provider. */
export interface UpstreamRequest {
  readonly path: string;
  /** Names and values in turn, the shape that undici writes without a copy. */
  readonly headers: readonly string[];
  /** Of a stream, bytes are taken no faster than the provider reads; undefined means none. */
  readonly body: Buffer | string | Readable | undefined;
}

/** What comes of a request: a head, data, then exactly one of `end` and `error`. Nothing after an abort. */
export interface UpstreamReceiver {
  head(status: number, headers: ReadonlyHeaders): void;
  data(bytes: Buffer): void;
  end(): void;
  error(error: ParlanceError): void;
}

/** A running call. */
export interface UpstreamHandle {
  pause(): void;
  resume(): void;
  abort(): void;
}

/** What takes requests to a provider. */
export interface Connections {
  /** Posts a request. An error of the connection comes as `receiver.error`, never as a throw. */
  post(request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamHandle;
  /** Sends a request by any method. */
  send(method: string, request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamHandle;
  /** Ends idle connections and waits for running calls. */
  close(): Promise<void>;
  /** Ends everything at once. */
  destroy(): Promise<void>;
}

/** The connections to one provider. */
export class Upstream implements Connections {
  readonly #pool: Pool;
  readonly #pathPrefix: string;
  readonly #timeouts: UpstreamTimeouts;

  /** `baseUrl` without a trailing slash. Throws a TypeError when it is not a URL. */
  constructor(baseUrl: string, timeouts: UpstreamTimeouts) {
    const url = new URL(baseUrl);
    this.#pathPrefix = url.pathname === "/" ? "" : url.pathname.replace(/\/$/, "");
    this.#timeouts = timeouts;
    // As many connections as there are calls: admission is decided elsewhere, and a stream must not wait for another.
    this.#pool = new Pool(url.origin, {
      connections: null,
      pipelining: 1,
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
    });
  }

  post(request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamHandle {
    return this.send("POST", request, receiver);
  }

  send(method: string, request: UpstreamRequest, receiver: UpstreamReceiver): UpstreamHandle {
    const call = new Call(receiver, this.#timeouts);
    this.#pool.dispatch(
      {
        path: this.#pathPrefix + request.path,
        method,
        headers: request.headers as string[],
        body: request.body ?? null,
      },
      call,
    );
    return call;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

interface Controller {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

const ABORTED = new Error("aborted by the gateway");

class Call implements UpstreamHandle {
  readonly #receiver: UpstreamReceiver;
  readonly #timeouts: UpstreamTimeouts;
  #controller: Controller | undefined;
  #inflater: Inflater | undefined;
  #over = false;

  constructor(receiver: UpstreamReceiver, timeouts: UpstreamTimeouts) {
    this.#receiver = receiver;
    this.#timeouts = timeouts;
  }

  pause(): void {
    if (this.#inflater === undefined) this.#controller?.pause();
    else this.#inflater.pause();
  }

  resume(): void {
    if (this.#inflater === undefined) this.#controller?.resume();
    else this.#inflater.resume();
  }

  abort(): void {
    this.#inflater?.destroy();
    if (this.#over) return;
    this.#over = true;
    this.#controller?.abort(ABORTED);
  }

  // The rest is undici's DispatchHandler.
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#over) controller.abort(ABORTED);
  }

  onResponseStart(
    _controller: Controller,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx answers announce; the answer itself is still to come.
    if (this.#over || status < 200) return;
    this.#receiver.head(status, headers as ReadonlyHeaders);
    if (headers["content-encoding"] !== undefined && this.#runs()) this.#inflate(headers as ReadonlyHeaders);
  }

  onResponseData(_controller: Controller, bytes: Buffer): void {
    if (this.#over) return;
    if (this.#inflater === undefined) this.#receiver.data(bytes);
    else if (!this.#inflater.write(bytes)) this.#controller?.pause();
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#inflater === undefined) this.#receiver.end();
    else this.#inflater.end();
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#inflater?.destroy();
    this.#receiver.error(connectionError(error, this.#timeouts));
  }

  /** Whether the receiver still wants it: it may have aborted at the head. */
  #runs(): boolean {
    return !this.#over;
  }

  #inflate(headers: ReadonlyHeaders): void {
    try {
      this.#inflater = inflaterFor(headers, this.#receiver, () => this.#controller?.resume());
    } catch (thrown) {
      this.abort();
      this.#receiver.error(ParlanceError.from(thrown));
    }
  }
}
