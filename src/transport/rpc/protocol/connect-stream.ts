import { checkConnectVersion, connectError } from "./connect-status.js";
import { seal } from "./envelope.js";
import type { MessageCodec } from "./message-codec.js";
import type { Protocol } from "./protocol.js";
import { connectTimeout } from "./timeout-header.js";

const END_OF_STREAM = 2;
const WELL_ENDED = seal(END_OF_STREAM, Buffer.from("{}"));

/** Streamed Connect (https://connectrpc.com/docs/protocol#streaming-rpcs): the last envelope tells how it ended. */
export function connectStream(contentType: string, codec: MessageCodec): Protocol {
  return {
    contentType,
    codec,
    enveloped: true,
    text: false,
    encodingHeader: "connect-content-encoding",
    acceptHeader: "connect-accept-encoding",
    timeout: (headers) => connectTimeout(headers["connect-timeout-ms"] as string | undefined),
    check: checkConnectVersion,
    whole() {
      throw new Error("streamed Connect has no unary methods");
    },
    open(response, head) {
      response.writeHead(200, head);
    },
    write: (response, bytes) => response.write(bytes),
    close(response) {
      response.end(WELL_ENDED);
    },
    fail(response, head, failure) {
      const error = connectError(failure);
      // Long after the headers the request's id is told again; clients join what comes twice at once.
      const end = head === undefined ? { error, metadata: { "x-request-id": [failure.requestId] } } : { error };
      if (head !== undefined) response.writeHead(200, head);
      response.end(seal(END_OF_STREAM, Buffer.from(JSON.stringify(end))));
    },
  };
}
