import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../core/gateway.js";
import { type ErrorDialect, ParlanceError } from "../sdk/index.js";
import { idHeaders } from "./answer-headers.js";
import { fromHttpFault } from "./http-fault.js";
import { writeError } from "./rest-error.js";

/**
 * The error handler of a door: answers, in the door's dialect, a request that never became an exchange (no JSON, no
 * such path, too large), and has it recorded.
 */
export function refuse(gateway: Gateway, door: string, dialect: ErrorDialect) {
  return (thrown: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const error = ParlanceError.is(thrown) ? thrown : fromHttpFault(thrown);
    const id = gateway.newId();
    reply.hijack();
    writeError(reply.raw, dialect, error, idHeaders(id, dialect));
    // Without the query, which may hold a key.
    const path = request.url.split("?", 1)[0] ?? "";
    gateway.refused({ id, door, method: request.method, path, error });
  };
}
