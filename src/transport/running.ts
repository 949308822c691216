import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { Bag, type Bagged } from "../core/bag.js";

/** A request as either version's server hands it on. */
export type RawRequest = IncomingMessage | Http2ServerRequest;
/** Its answer. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/** The requests that run. */
export interface Running {
  begin(request: RawRequest, response: RawResponse): void;
  /** Whether a request runs on this HTTP/1.1 connection. */
  usesSocket(socket: Socket): boolean;
  /** Whether a request runs on this HTTP/2 session. */
  usesSession(session: ServerHttp2Session): boolean;
  /** From now on each HTTP/1.1 connection ends with the request that it carries. */
  beLast(): void;
  /** Resolves as soon as none runs. */
  none(): Promise<void>;
}

interface RunningRequest extends Bagged {
  readonly request: RawRequest;
  readonly response: RawResponse;
}

/** Keeps count of what runs, which is all that a drain has to wait for. */
export function trackRunning(): Running {
  const running = new Bag<RunningRequest>();
  let last = false;
  let whenNone: (() => void) | undefined;

  const usesSocket = (socket: Socket): boolean => {
    return running.some(({ request }) => !isHttp2(request) && request.socket === socket);
  };
  return {
    begin(request, response) {
      const entry: RunningRequest = { place: -1, request, response };
      running.add(entry);
      if (isHttp2(request)) {
        endEarly(request);
      } else if (last) {
        sayLast(response);
      }
      // Kept here: a response has given its socket back by the time it closes.
      const { socket } = request;
      response.once("close", () => {
        running.remove(entry);
        if (last && !isHttp2(request) && !usesSocket(socket)) socket.destroySoon();
        if (running.size === 0) whenNone?.();
      });
    },
    usesSocket,
    usesSession(session) {
      return running.some(({ request }) => isHttp2(request) && request.stream.session === session);
    },
    beLast() {
      last = true;
      for (const { request, response } of running.all()) if (!isHttp2(request)) sayLast(response);
    },
    none() {
      if (running.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        whenNone = resolve;
      });
    },
  };
}

/** Tells HTTP/1.1 and HTTP/2 apart. */
export function isHttp2(request: RawRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}

/**
 * An answer that is complete before its question: the rest of the question is not wanted (RFC 9113 §8.1). Not before
 * the end of the answer is out: a reset overtakes it.
 */
function endEarly(request: Http2ServerRequest): void {
  const { stream } = request;
  const end = (): void => {
    if (!request.complete) stream.close(constants.NGHTTP2_NO_ERROR);
  };
  stream.once("wantTrailers", () => setImmediate(end));
  // An answer of headers only asks for no trailers.
  stream.once("finish", () =>
    setImmediate(() => {
      if (stream.state?.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_LOCAL) end();
    }),
  );
}

function sayLast(response: RawResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}
