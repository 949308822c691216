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
    const deadline = deadlines.after(timeoutMs, () => {
      if (request.complete || streaming.has(request.url ?? "")) return;
      if (response.headersSent || request.listenerCount("error") === 0) {
        cut(request);
        return;
      }
      // What is left of the body would be read as the next request.
      if (!isHttp2(request)) response.setHeader("connection", "close");
      request.emit("error", lateBody());
    });
    request.once("end", () => deadline.cancel());
    response.once("close", () => {
      // An answer to half a body leaves the other half to come, on a connection that is still open.
      if (request.complete || isHttp2(request)) deadline.cancel();
    });
  };
}

function lateBody(): ConnectError & { statusCode: number } {
  return Object.assign(new ConnectError("The request body did not arrive in time.", Code.DeadlineExceeded), {
    statusCode: 408,
  });
}

function hasBody(request: RawRequest): boolean {
  if (isHttp2(request)) return !request.stream.endAfterHeaders;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function cut(request: RawRequest): void {
  if (isHttp2(request)) request.stream.close(constants.NGHTTP2_CANCEL);
  else request.socket.destroy();
}
