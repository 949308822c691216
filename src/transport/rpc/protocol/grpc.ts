import { GRPC_OK, grpcStatus } from "./grpc-status.js";
import type { MessageCodec } from "./message-codec.js";
import type { Protocol } from "./protocol.js";
import { grpcTimeout } from "./timeout-header.js";

/** gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): the status comes in HTTP's own trailers. */
export function grpc(contentType: string, codec: MessageCodec): Protocol {
  return {
    contentType,
    codec,
    enveloped: true,
    text: false,
    encodingHeader: "grpc-encoding",
    acceptHeader: "grpc-accept-encoding",
    timeout: (headers) => grpcTimeout(headers["grpc-timeout"] as string | undefined),
    whole(response, head, body) {
      response.writeHead(200, head);
      response.addTrailers(GRPC_OK);
      response.end(body);
    },
    open(response, head) {
      response.writeHead(200, head);
    },
    write: (response, bytes) => response.write(bytes),
    close(response) {
      response.addTrailers(GRPC_OK);
      response.end();
    },
    fail(response, head, failure) {
      const trailers = grpcStatus(failure, head === undefined);
      if (head === undefined) {
        response.addTrailers(trailers);
      } else {
        // Not `writeHead`: on HTTP/2 the headers themselves end the stream only if they are sent by `end`.
        for (const name in head) response.setHeader(name, head[name] as string);
        for (const name in trailers) response.setHeader(name, trailers[name] as string);
      }
      response.end();
    },
  };
}
