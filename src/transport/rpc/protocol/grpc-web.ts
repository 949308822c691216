import { endWhole } from "../../end-whole.js";
import { seal } from "./envelope.js";
import { GRPC_OK, grpcStatus } from "./grpc-status.js";
import type { MessageCodec } from "./message-codec.js";
import type { Protocol } from "./protocol.js";
import { grpcTimeout } from "./timeout-header.js";

const TRAILERS = 0x80;

/**
 * gRPC-Web (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md): the trailers are a last envelope of the body.
 * As text, each piece that is written is base64 with its own padding, which that page allows.
 */
export function grpcWeb(contentType: string, codec: MessageCodec, text: boolean): Protocol {
  const spell = text
    ? (bytes: Buffer): Buffer => Buffer.from(bytes.toString("base64"), "latin1")
    : (bytes: Buffer): Buffer => bytes;
  const wellEnded = sealTrailers(GRPC_OK);
  const lastPiece = spell(wellEnded);
  return {
    contentType,
    codec,
    enveloped: true,
    text,
    encodingHeader: "grpc-encoding",
    acceptHeader: "grpc-accept-encoding",
    timeout: (headers) => grpcTimeout(headers["grpc-timeout"] as string | undefined),
    whole(response, head, body) {
      const bytes = spell(Buffer.concat([body, wellEnded]));
      head["content-length"] = bytes.length;
      response.writeHead(200, head);
      endWhole(response, bytes);
    },
    open(response, head) {
      response.writeHead(200, head);
    },
    write: (response, bytes) => response.write(spell(bytes)),
    close(response) {
      response.end(lastPiece);
    },
    fail(response, head, failure) {
      const body = spell(sealTrailers(grpcStatus(failure, head === undefined)));
      if (head !== undefined) {
        head["content-length"] = body.length;
        response.writeHead(200, head);
      }
      response.end(body);
    },
  };
}

function sealTrailers(trailers: Readonly<Record<string, string>>): Buffer {
  let lines = "";
  for (const name in trailers) lines += `${name}: ${trailers[name]}\r\n`;
  return seal(TRAILERS, Buffer.from(lines, "latin1"));
}
