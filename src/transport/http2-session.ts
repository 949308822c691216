import type { ServerHttp2Session, ServerOptions } from "node:http2";

/**
 * How HTTP/2 is spoken.
 *
 * A window of 1 MiB a stream fills a path of 100 Mbit/s and 80 ms; 4 MiB a connection let a few large prompts come up
 * side by side. Both are promises to clients who send: they are also the most that a slow handler makes us hold. What
 * we send is bounded by the client's window and by the stream's own buffer, so a slow reader makes its upstream wait.
 */
export const HTTP2_OPTIONS: ServerOptions = {
  settings: {
    maxConcurrentStreams: 1000,
    initialWindowSize: 1024 * 1024,
    // Said aloud, so that a client fails before it sends headers that would be refused.
    maxHeaderListSize: 64 * 1024,
  },
  // Megabytes. Node's 10 refuse new streams to a client with many large requests in flight.
  maxSessionMemory: 64,
};

const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
// For a client to read the GOAWAY and close.
const GOODBYE_MS = 500;

/** When a session that does nothing is let go, in milliseconds. */
export interface SessionTimes {
  /** From the connection to the first complete request. */
  readonly firstRequestMs: number;
  /** Without a running request. */
  readonly idleMs: number;
  /** Whether the session has a request that runs. */
  isBusy(session: ServerHttp2Session): boolean;
}

/**
 * Prepares a session: windows, and an end for clients that open it and then trickle or keep silent. The end is a GOAWAY,
 * which clients that still live take as a reason to connect anew.
 */
export function prepareSession(session: ServerHttp2Session, times: SessionTimes): void {
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  // Broken frames end the session; there is nobody to tell.
  session.on("error", () => session.destroy());
  const first = setTimeout(() => letGo(session), times.firstRequestMs);
  session.once("stream", () => clearTimeout(first));
  session.once("close", () => clearTimeout(first));
  session.setTimeout(times.idleMs, () => {
    if (!times.isBusy(session)) letGo(session);
  });
}

/** Not `close()`: that waits for the client to close its side as well, which one that is gone or hostile never does. */
function letGo(session: ServerHttp2Session): void {
  session.goaway();
  const end = setTimeout(() => session.destroy(), GOODBYE_MS);
  session.once("close", () => clearTimeout(end));
}
