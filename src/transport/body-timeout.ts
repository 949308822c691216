import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Deadlines } from "../core/deadlines.js";
import { isHttp2, type RawRequest, type RawResponse } from "./running.js";

/**
 * Limits the time for a whole request body. Whoever reads the body gets an error with `statusCode` 408, which is a
 * deadline exceeded for RPC; where nobody reads or the answer has already begun, the request is cut.
 *
 * `streaming` holds the paths of RPCs whose client streams: their bodies may stay open.
 */
export function createBodyTimeout(deadlines: Deadlines, timeoutMs: number, streaming: ReadonlySet<string>) {
  return (request: RawRequest, response: RawResponse): void => {
    if (!hasBody(request)) return;
    let deadline = deadlines.after(timeoutMs, late);
    function late(): void {
      if (request.complete || streaming.has(request.url ?? "")) return;
      if (passedOn.has(request)) {
        deadline = deadlines.after(timeoutMs, late);
        return;
      }
      if (response.headersSent || request.listenerCount("error") === 0) {
        cut(request);
        return;
      }
      // What is left of the body would be read as the next request.
      if (!isHttp2(request)) response.setHeader("connection", "close");
      request.emit("error", lateBody());
    }
    request.once("end", () => deadline.cancel());
    response.once("close", () => {
      // An answer to half a body leaves the other half to come, on a connection that is still open.
      if (request.complete || isHttp2(request)) deadline.cancel();
    });
  };
}

const passedOn = new WeakSet<RawRequest>();

/**
 * Says that a body goes on to a provider as it comes, no faster than that reads it: its time is the exchange's own.
 * What is left of it once that has ended is limited again.
 */
export function passOn(request: RawRequest, ended: Promise<void>): void {
  passedOn.add(request);
  void ended.then(() => passedOn.delete(request));
}

function lateBody(): ConnectError & { statusCode: number } {
  return Object.assign(new ConnectError("The request body did not arrive in time.", Code.DeadlineExceeded), {
    statusCode: 408,
  });
}

/** Whether a request has a body, even of an unknown number of bytes. */
export function hasBody(request: RawRequest): boolean {
  if (isHttp2(request)) return !request.stream.endAfterHeaders;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function cut(request: RawRequest): void {
  if (isHttp2(request)) request.stream.close(constants.NGHTTP2_CANCEL);
  else request.socket.destroy();
}
