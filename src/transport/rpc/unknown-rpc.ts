import type { FastifyReply, FastifyRequest } from "fastify";

const UNIMPLEMENTED = "12";

/** Answers a gRPC call of an unknown service or method as gRPC has it; false when the request is not such a call. */
export function answerUnknownRpc(request: FastifyRequest, reply: FastifyReply): boolean {
  const contentType = request.headers["content-type"] ?? "";
  if (!contentType.startsWith("application/grpc")) return false;
  reply.hijack();
  // Trailers-only: the status stands in the head (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).
  reply.raw.writeHead(200, {
    "content-type": contentType,
    "grpc-status": UNIMPLEMENTED,
    "grpc-message": "There is no such method on this server",
  });
  reply.raw.end();
  return true;
}
