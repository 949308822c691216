import { endWhole } from "../../end-whole.js";
import { checkConnectVersion, connectError, connectHttpStatus } from "./connect-status.js";
import type { MessageCodec } from "./message-codec.js";
import type { Head, Protocol } from "./protocol.js";
import { connectTimeout } from "./timeout-header.js";

/** Unary Connect (https://connectrpc.com/docs/protocol#unary-rpcs): the message is the body, an error is an HTTP status. */
export function connectUnary(contentType: string, codec: MessageCodec): Protocol {
  return {
    contentType,
    codec,
    enveloped: false,
    text: false,
    encodingHeader: "content-encoding",
    acceptHeader: "accept-encoding",
    timeout: (headers) => connectTimeout(headers["connect-timeout-ms"] as string | undefined),
    check: checkConnectVersion,
    whole(response, head, body) {
      head["content-length"] = body.length;
      response.writeHead(200, head);
      endWhole(response, body);
    },
    open: notStreamed,
    write: notStreamed,
    close: notStreamed,
    fail(response, head: Head = {}, failure) {
      const body = Buffer.from(JSON.stringify(connectError(failure)));
      head["content-type"] = "application/json";
      head["content-length"] = body.length;
      response.writeHead(connectHttpStatus(failure), head);
      response.end(body);
    },
  };
}

function notStreamed(): never {
  throw new Error("a unary answer is not streamed");
}
