import { ParlanceError, type ReadonlyHeaders } from "../sdk/index.js";
import type { ReadyProvider } from "./target.js";

/** A request of a provider that is no exchange: about something that the provider keeps. */
export interface ForwardRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** After the base URL. */
  readonly path: string;
}

/** What came of it, whatever its status. */
export interface ForwardAnswer {
  readonly status: number;
  readonly headers: ReadonlyHeaders;
  readonly body: Buffer;
}

const MAX_BYTES = 256 * 1024 * 1024;

/** Asks a wire provider, with its own credential and time limits. Rejects when no whole answer came. */
export function forward({ upstream, headers }: ReadyProvider, request: ForwardRequest): Promise<ForwardAnswer> {
  return new Promise((resolve, reject) => {
    if (upstream === undefined) throw new Error("a provider without a wire was asked over HTTP");
    let head: { status: number; headers: ReadonlyHeaders } = { status: 0, headers: {} };
    const pieces: Buffer[] = [];
    let size = 0;
    const call = upstream.send(
      request.method,
      { path: request.path, headers, body: undefined },
      {
        head: (status, received) => {
          head = { status, headers: received };
        },
        data: (bytes) => {
          size += bytes.length;
          pieces.push(bytes);
          if (size <= MAX_BYTES) return;
          call.abort();
          reject(new ParlanceError("malformed_answer", `The provider's answer is larger than ${MAX_BYTES} bytes.`));
        },
        end: () => resolve({ ...head, body: Buffer.concat(pieces) }),
        error: reject,
      },
    );
  });
}
