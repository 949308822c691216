import type { FastifyReply } from "fastify";

/** What the server has set on a reply so far, for an answer that is written past it. */
export function headersOf(reply: FastifyReply): Record<string, string> {
  return reply.getHeaders() as Record<string, string>;
}
