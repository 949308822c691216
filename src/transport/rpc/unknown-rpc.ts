import type { FastifyReply, FastifyRequest } from "fastify";

const MESSAGE = "There is no such method.";
const UNIMPLEMENTED = "12";

/**
 * Answers a call of an RPC that does not exist in the protocol that it came in, and gives true; leaves everything else
 * to the caller and gives false. For routes that were not found.
 *
 * gRPC and gRPC-Web get status 12 in a response of headers only
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses), Connect the code `unimplemented`.
 */
export function answerUnknownRpc(request: FastifyRequest, reply: FastifyReply): boolean {
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/grpc")) {
    reply.hijack();
    // Not `writeHead`: on HTTP/2 the headers themselves end the stream only if they are sent by `end`.
    reply.raw.setHeader("content-type", type);
    reply.raw.setHeader("grpc-status", UNIMPLEMENTED);
    reply.raw.setHeader("grpc-message", MESSAGE);
    reply.raw.end();
    return true;
  }
  if (type.startsWith("application/connect+") || request.headers["connect-protocol-version"] !== undefined) {
    reply.hijack();
    const body = Buffer.from(JSON.stringify({ code: "unimplemented", message: MESSAGE }));
    reply.raw.writeHead(404, { "content-type": "application/json", "content-length": body.length });
    reply.raw.end(body);
    return true;
  }
  return false;
}
