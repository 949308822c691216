import { pipeline } from "node:stream";
import type { Readable } from "node:stream";
import type { Agent } from "undici";
import { connectionError, type UpstreamTimeouts } from "./connection-error.js";
import { contentDecoder, undecodable } from "./content-decoder.js";
import type { ReadonlyHeaders } from "./dialect.js";
import { ParlanceError } from "./errors.js";

/** One request to a provider's API. */
export interface HttpRequest {
  /** Absent means POST. */
  readonly method?: string;
  /** The whole address, query included. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent means none. */
  readonly body?: Buffer | string | undefined;
  /** Ends the call at any time, and its connection with it. */
  readonly signal: AbortSignal;
}

/** What a provider's API answered, whatever its status. Redirects are answers too: they are not followed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyHeaders;
  /**
   * The bytes as they come, no faster than they are taken, decompressed. To be read once; leaving it ends the connection.
   * Throws `stream_truncated` where it is cut off, `stream_stalled` where it stalls, `cancelled` after the signal.
   */
  readonly body: AsyncIterable<Buffer>;
}

/** What a plugin calls its provider's API with. */
export interface HttpClient {
  /**
   * Makes one request and waits for the head of the answer. Throws `provider_unavailable` or `provider_timeout` where
   * none comes, `cancelled` after the signal; no message holds an address or a header.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends every connection, running calls included. */
  close(): Promise<void>;
}

/** Time limits where none are given: 10 seconds to connect, 5 minutes to the first byte, 2 minutes between two reads. */
export const DEFAULT_TIMEOUTS: UpstreamTimeouts = { connectMs: 10_000, firstByteMs: 5 * 60_000, idleMs: 2 * 60_000 };

/** Makes a client with connections of its own, kept open between calls. They do not keep the process alive. */
export function createHttpClient(given: Partial<UpstreamTimeouts> = {}): HttpClient {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...given };
  let agent: Promise<Agent> | undefined;
  return {
    async send({ method = "POST", url, headers, body, signal }) {
      if (signal.aborted) throw cancelled();
      agent ??= openAgent(timeouts);
      const dispatcher = await agent;
      const { request } = await import("./undici.js");
      try {
        const answer = await request(url, {
          dispatcher,
          method,
          headers: { "accept-encoding": "identity", ...headers },
          body: body ?? null,
          signal,
        });
        // Whoever leaves the body unread is not to be told of its end by an uncaught error.
        answer.body.on("error", () => {});
        const told = answer.headers as ReadonlyHeaders;
        return { status: answer.statusCode, headers: told, body: bodyOf(answer.body, told, timeouts, signal) };
      } catch (thrown) {
        throw failure(thrown, timeouts, signal);
      }
    },
    async close() {
      await (await agent)?.destroy();
      agent = undefined;
    },
  };
}

// Loaded with the first call: who only declares a plugin does not pay for it.
async function openAgent({ connectMs, firstByteMs, idleMs }: UpstreamTimeouts): Promise<Agent> {
  const { Agent } = await import("./undici.js");
  return new Agent({
    connections: null,
    pipelining: 1,
    connect: { timeout: connectMs },
    headersTimeout: firstByteMs,
    bodyTimeout: idleMs,
  });
}

/** A generator alone would leave the connection open where it is left before its first read. */
function bodyOf(body: Readable, ...how: [ReadonlyHeaders, UpstreamTimeouts, AbortSignal]): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]() {
      const bytes = bytesOf(body, ...how);
      return {
        next: () => bytes.next(),
        return() {
          body.destroy();
          return bytes.return();
        },
      };
    },
  };
}

async function* bytesOf(
  body: Readable,
  headers: ReadonlyHeaders,
  timeouts: UpstreamTimeouts,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let decoder: ReturnType<typeof contentDecoder>;
  let cause: unknown;
  try {
    decoder = contentDecoder(headers);
    if (decoder === undefined) {
      yield* body as AsyncIterable<Buffer>;
      return;
    }
    body.once("error", (error) => {
      cause = error;
    });
    pipeline(body, decoder.stream, () => {});
    yield* decoder.stream as AsyncIterable<Buffer>;
  } catch (thrown) {
    const error = failure(cause ?? thrown, timeouts, signal);
    if (error.code !== "provider_unavailable") throw error;
    if (decoder !== undefined && cause === undefined) throw undecodable(decoder.coding, thrown);
    throw new ParlanceError("stream_truncated", "The provider's answer was cut off.", { cause: error });
  } finally {
    body.destroy();
  }
}

function failure(thrown: unknown, timeouts: UpstreamTimeouts, signal: AbortSignal): ParlanceError {
  if (ParlanceError.is(thrown)) return thrown;
  if (signal.aborted) return cancelled();
  return connectionError(thrown instanceof Error ? thrown : new Error(String(thrown)), timeouts);
}

function cancelled(): ParlanceError {
  return new ParlanceError("cancelled", "The call was cancelled.");
}
